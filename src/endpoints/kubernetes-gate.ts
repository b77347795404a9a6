import { nginxHttp } from "./formats/nginx.ts";
import type { Front } from "./front.ts";
import { indent } from "./list-lines.ts";

export const GATE = "identity-gate";
export const GATE_PORT = 8443;
/** The Secret of type kubernetes.io/tls with the public name's certificate. */
export const TLS_SECRET = "identity-tls";
/** Written where no public name is given. */
export const EXAMPLE_HOSTNAME = "identity.example.com";

const TLS_FOLDER = "/etc/nginx/tls";
const PROBE_PORT = 8081;

/**
 * A small nginx in the cluster that lets the list through; what stands before it sends it everything. Ingress controllers and
 * gateways compare a path that they have decoded and resolved and may send on another one than they compared, so their
 * own rules cannot hold the list; and none of them can answer 503 with Retry-After by itself.
 */
export function gateManifests(front: Front): readonly (readonly string[])[] {
  return [configMap(front), deployment(), service()];
}

/** nginx.conf of the gate: for any name (its Ingress or route knows the name), on a root file system that is read only. */
export function gateConf(front: Front): readonly string[] {
  const { hostname: _, ...rest } = front;
  const own: Front = {
    ...rest,
    listen: GATE_PORT,
    certificate: `${TLS_FOLDER}/tls.crt`,
    certificateKey: `${TLS_FOLDER}/tls.key`,
  };
  return [
    "pid /tmp/nginx.pid;",
    "error_log /dev/stderr warn;",
    "events {}",
    "http {",
    ...indent(4, [
      "# Queries hold authorization codes.",
      "access_log off;",
      ...["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
        (kind) => `${kind}_temp_path /tmp/${kind};`,
      ),
      "",
      ...nginxHttp(own),
      "",
      "# The probes of the pod.",
      "server {",
      `    listen ${PROBE_PORT};`,
      "    location / {",
      "        return 200;",
      "    }",
      "}",
    ]),
    "}",
  ];
}

const metadata = (name: string): readonly string[] => [
  "metadata:",
  `  name: ${name}`,
  "  labels:",
  `    app.kubernetes.io/name: ${GATE}`,
];

function configMap(front: Front): readonly string[] {
  return [
    "apiVersion: v1",
    "kind: ConfigMap",
    ...metadata(GATE),
    "data:",
    "  nginx.conf: |",
    ...indent(4, gateConf(front)),
  ];
}

function deployment(): readonly string[] {
  return [
    "apiVersion: apps/v1",
    "kind: Deployment",
    ...metadata(GATE),
    "spec:",
    ...indent(2, [
      "replicas: 2",
      "selector:",
      "  matchLabels:",
      `    app.kubernetes.io/name: ${GATE}`,
      "template:",
      ...indent(2, [
        "metadata:",
        "  labels:",
        `    app.kubernetes.io/name: ${GATE}`,
        "spec:",
        ...indent(2, podSpec()),
      ]),
    ]),
  ];
}

function podSpec(): readonly string[] {
  return [
    "automountServiceAccountToken: false",
    "securityContext:",
    "  runAsNonRoot: true",
    "  runAsUser: 101",
    "  runAsGroup: 101",
    "  fsGroup: 101",
    "  seccompProfile: { type: RuntimeDefault }",
    "containers:",
    "- name: nginx",
    "  # Any nginx since 1.18; take one from your own registry, by digest.",
    "  image: docker.io/nginxinc/nginx-unprivileged:stable",
    "  ports:",
    `  - { name: https, containerPort: ${GATE_PORT} }`,
    `  - { name: probes, containerPort: ${PROBE_PORT} }`,
    "  readinessProbe: { httpGet: { path: /, port: probes }, periodSeconds: 5 }",
    "  livenessProbe: { httpGet: { path: /, port: probes }, periodSeconds: 10 }",
    "  resources:",
    "    requests: { cpu: 100m, memory: 64Mi }",
    "    limits: { memory: 256Mi }",
    "  securityContext:",
    "    allowPrivilegeEscalation: false",
    "    readOnlyRootFilesystem: true",
    "    capabilities: { drop: [ALL] }",
    "  volumeMounts:",
    "  - { name: conf, mountPath: /etc/nginx/nginx.conf, subPath: nginx.conf }",
    `  - { name: tls, mountPath: ${TLS_FOLDER}, readOnly: true }`,
    "  - { name: tmp, mountPath: /tmp }",
    "volumes:",
    `- { name: conf, configMap: { name: ${GATE} } }`,
    `- { name: tls, secret: { secretName: ${TLS_SECRET} } }`,
    "- { name: tmp, emptyDir: {} }",
  ];
}

function service(): readonly string[] {
  return [
    "apiVersion: v1",
    "kind: Service",
    ...metadata(GATE),
    "spec:",
    "  selector:",
    `    app.kubernetes.io/name: ${GATE}`,
    "  ports:",
    `  - { name: https, port: ${GATE_PORT}, targetPort: https, appProtocol: https }`,
  ];
}
