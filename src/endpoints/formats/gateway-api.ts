import type { Front } from "../front.ts";
import { headComment } from "../head-comment.ts";
import { joinManifests } from "../join-manifests.ts";
import { EXAMPLE_HOSTNAME, GATE, GATE_PORT, gateManifests } from "../kubernetes-gate.ts";

/** For the Gateway API of Kubernetes: an HTTPRoute that sends everything to a gate, see kubernetes-gate.ts. */
export function gatewayApi(front: Front): string {
  const hostname = front.hostname ?? EXAMPLE_HOSTNAME;
  const use = [
    "Kubernetes with the Gateway API 1.4 or later: `kubectl apply` it in Identity Server's namespace, where the Secret",
    `identity-tls holds the certificate of ${hostname} and the ConfigMap ${GATE}-ca, under ca.crt, the authority that signed`,
    "it; and delete the HTTPRoute that served that name until now. `identity` is the name of your Gateway.",
    "The route has no list of its own: what a gateway resolves before it compares is its own affair, and none of them answers",
    "503 with Retry-After by itself. A small nginx behind it holds the list.",
  ];
  const route = [
    "apiVersion: gateway.networking.k8s.io/v1",
    "kind: HTTPRoute",
    "metadata:",
    `  name: ${GATE}`,
    "spec:",
    "  parentRefs:",
    "  - name: identity",
    "  hostnames:",
    `  - ${hostname}`,
    "  rules:",
    "  - matches:",
    "    - path: { type: PathPrefix, value: / }",
    "    backendRefs:",
    `    - { name: ${GATE}, port: ${GATE_PORT} }`,
  ];
  const tlsPolicy = [
    "apiVersion: gateway.networking.k8s.io/v1",
    "kind: BackendTLSPolicy",
    "metadata:",
    `  name: ${GATE}`,
    "spec:",
    "  targetRefs:",
    `  - { group: "", kind: Service, name: ${GATE} }`,
    "  validation:",
    `    hostname: ${hostname}`,
    "    caCertificateRefs:",
    `    - { group: "", kind: ConfigMap, name: ${GATE}-ca }`,
  ];
  return joinManifests(headComment(front, use), [...gateManifests(front), route, tlsPolicy]);
}
