import type { Front } from "../front.ts";
import { headComment } from "../head-comment.ts";
import { joinManifests } from "../join-manifests.ts";
import { EXAMPLE_HOSTNAME, GATE, GATE_PORT, gateManifests, TLS_SECRET } from "../kubernetes-gate.ts";

/** For the Kubernetes controller ingress-nginx: an Ingress that sends everything to a gate, see kubernetes-gate.ts. */
export function ingressNginx(front: Front): string {
  const hostname = front.hostname ?? EXAMPLE_HOSTNAME;
  const use = [
    `Kubernetes with ingress-nginx: \`kubectl apply\` it in Identity Server's namespace, where the Secret ${TLS_SECRET} holds the`,
    `certificate of ${hostname}, and delete the Ingress that served that name until now.`,
    "The Ingress has no list of its own: the controller decodes and resolves a path before it compares, but sends it on as it",
    "came, so /authenticationendpoint/x/..;/../carbon would pass. A small nginx behind it holds the list.",
  ];
  const ingress = [
    "apiVersion: networking.k8s.io/v1",
    "kind: Ingress",
    "metadata:",
    `  name: ${GATE}`,
    "  annotations:",
    "    nginx.ingress.kubernetes.io/backend-protocol: HTTPS",
    '    nginx.ingress.kubernetes.io/proxy-buffer-size: "16k"',
    '    nginx.ingress.kubernetes.io/proxy-read-timeout: "300"',
    "spec:",
    "  ingressClassName: nginx",
    "  tls:",
    `  - { hosts: [${hostname}], secretName: ${TLS_SECRET} }`,
    "  rules:",
    `  - host: ${hostname}`,
    "    http:",
    "      paths:",
    "      - path: /",
    "        pathType: Prefix",
    `        backend: { service: { name: ${GATE}, port: { number: ${GATE_PORT} } } }`,
  ];
  return joinManifests(headComment(front, use), [...gateManifests(front), ingress]);
}
