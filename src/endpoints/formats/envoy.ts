import { CLOSED_TEXT, type Front, NODE_COOKIE, RETRY_AFTER_SECONDS, type Upstream } from "../front.ts";
import { headComment } from "../head-comment.ts";
import { indent, listLines } from "../list-lines.ts";

const EXTENSIONS = "type.googleapis.com/envoy.extensions";

/** For Envoy 1.30 and later: a whole bootstrap file. */
export function envoy(front: Front): string {
  const use = [
    "Envoy: `envoy --mode validate -c` this file, then start Envoy with it; or take its listener and its cluster over.",
  ];
  return [
    ...headComment(front, use),
    "static_resources:",
    "  listeners:",
    ...indent(4, listener(front)),
    "  clusters:",
    ...indent(4, cluster(front)),
    "",
  ].join("\n");
}

function listener(front: Front): readonly string[] {
  const { listen, certificate, certificateKey } = front;
  return [
    "- name: identity",
    ...indent(2, [
      `address: { socket_address: { address: "::", ipv4_compat: true, port_value: ${listen} } }`,
      "filter_chains:",
      "- transport_socket:",
      ...indent(4, [
        "name: envoy.transport_sockets.tls",
        "typed_config:",
        ...indent(2, [
          `"@type": ${EXTENSIONS}.transport_sockets.tls.v3.DownstreamTlsContext`,
          "common_tls_context:",
          "  tls_params: { tls_minimum_protocol_version: TLSv1_2 }",
          "  tls_certificates:",
          `  - certificate_chain: { filename: ${JSON.stringify(certificate)} }`,
          `    private_key: { filename: ${JSON.stringify(certificateKey)} }`,
        ]),
      ]),
      "  filters:",
      "  - name: envoy.filters.network.http_connection_manager",
      "    typed_config:",
      ...indent(6, connectionManager(front)),
    ]),
  ];
}

function connectionManager(front: Front): readonly string[] {
  return [
    `"@type": ${EXTENSIONS}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    "stat_prefix: identity",
    "use_remote_address: true",
    "# The routes see the path as it was sent, and so does the node.",
    "normalize_path: false",
    "merge_slashes: false",
    "path_with_escaped_slashes_action: KEEP_UNCHANGED",
    "http_filters:",
    "- name: envoy.filters.http.router",
    `  typed_config: { "@type": ${EXTENSIONS}.filters.http.router.v3.Router }`,
    "route_config:",
    ...indent(2, [
      "name: identity",
      "virtual_hosts:",
      "- name: identity",
      ...indent(2, [
        `domains: [${JSON.stringify(front.hostname ?? "*")}]`,
        "routes:",
        ...listLines(
          front,
          (pattern) => `- { match: { safe_regex: { regex: '${pattern}' } }, route: ${route(front)} }`,
        ),
        "- match: { prefix: / }",
        `  direct_response: { status: 503, body: { inline_string: ${JSON.stringify(`${CLOSED_TEXT}\n`)} } }`,
        "  response_headers_to_add:",
        `  - header: { key: Retry-After, value: "${RETRY_AFTER_SECONDS}" }`,
      ]),
      ...(front.hostname === undefined ? [] : everyOtherHost()),
    ]),
  ];
}

/** Envoy answers a name that it does not know with 404. */
function everyOtherHost(): readonly string[] {
  return [
    "- name: other",
    "  domains: ['*']",
    "  routes:",
    "  - match: { prefix: / }",
    "    direct_response: { status: 503 }",
    "    response_headers_to_add:",
    `    - header: { key: Retry-After, value: "${RETRY_AFTER_SECONDS}" }`,
  ];
}

function route({ side }: Front): string {
  const cookie = `{ name: ${NODE_COOKIE}, path: /, ttl: 0s, attributes: [{ name: Secure }, { name: HttpOnly }, { name: SameSite, value: None }] }`;
  return `{ cluster: ${side}, timeout: 300s, hash_policy: [{ cookie: ${cookie} }] }`;
}

function cluster({ side, upstreams }: Front): readonly string[] {
  return [
    `- name: ${side}`,
    ...indent(2, [
      "type: STRICT_DNS",
      "connect_timeout: 5s",
      "# The cookie is hashed: a client stays on its node.",
      "lb_policy: RING_HASH",
      "# Whether a node takes connections: the probe asks for no path.",
      "health_checks:",
      "- { timeout: 2s, interval: 5s, unhealthy_threshold: 2, healthy_threshold: 1, tcp_health_check: {} }",
      "transport_socket:",
      "  name: envoy.transport_sockets.tls",
      `  typed_config: { "@type": ${EXTENSIONS}.transport_sockets.tls.v3.UpstreamTlsContext }`,
      "load_assignment:",
      ...indent(2, [
        `cluster_name: ${side}`,
        "endpoints:",
        "- lb_endpoints:",
        ...indent(2, upstreams.map(endpoint)),
      ]),
    ]),
  ];
}

function endpoint({ host, port }: Upstream): string {
  return `- endpoint: { address: { socket_address: { address: ${JSON.stringify(host)}, port_value: ${port} } } }`;
}
