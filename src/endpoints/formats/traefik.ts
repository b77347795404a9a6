import type { Endpoint } from "../endpoint-list.ts";
import { address, type Front, NODE_COOKIE, RETRY_AFTER_SECONDS } from "../front.ts";
import { headComment } from "../head-comment.ts";
import { indent, listLines } from "../list-lines.ts";

/** For Traefik 3: a file of the file provider. */
export function traefik(front: Front): string {
  const { side, upstreams, certificate, certificateKey } = front;
  const use = [
    "Traefik 3: put the file into the folder of the file provider. `websecure` is the entry point that clients reach, on port",
    `${front.listen}. Traefik resolves encoded letters, \`..\` and \`//\` before it compares and sends what it has compared to the node:`,
    "other spellings of an open endpoint reach it there, and nothing else.",
    "Have its access log leave out the query of a path: it can hold authorization codes.",
  ];
  return [
    ...headComment(front, use),
    "http:",
    "  routers:",
    ...indent(
      4,
      listLines(
        front,
        (pattern, endpoint) =>
          `${routerName(endpoint)}: ${router(front, `PathRegexp(\`^${pattern}$\`)`, side, 2)}`,
      ),
    ),
    `    closed: ${router(front, "PathPrefix(`/`)", "closed", 1)}`,
    "  middlewares:",
    `    retry-later: { headers: { customResponseHeaders: { Retry-After: "${RETRY_AFTER_SECONDS}" } } }`,
    "  services:",
    `    ${side}:`,
    "      loadBalancer:",
    ...indent(8, [
      `serversTransport: ${side}`,
      `sticky: { cookie: { name: ${NODE_COOKIE}, secure: true, httpOnly: true, sameSite: none } }`,
      "servers:",
      ...upstreams.map((one) => `- url: ${JSON.stringify(`https://${address(one)}`)}`),
    ]),
    "    # Of no weight: nobody is there to serve it, and that is a 503.",
    `    closed: { weighted: { services: [{ name: ${side}, weight: 0 }] } }`,
    "  serversTransports:",
    `    ${side}: { insecureSkipVerify: true }`,
    "tls:",
    "  certificates:",
    `  - { certFile: ${JSON.stringify(certificate)}, keyFile: ${JSON.stringify(certificateKey)} }`,
    "",
  ].join("\n");
}

const routerName = ({ path }: Endpoint): string => `open${path.replaceAll(/[^A-Za-z0-9]+/g, "-")}`;

function router({ hostname }: Front, rule: string, service: string, priority: number): string {
  const whole = hostname === undefined ? rule : `Host(\`${hostname}\`) && ${rule}`;
  const later = service === "closed" ? ", middlewares: [retry-later]" : "";
  return `{ rule: '${whole}', service: ${service}, priority: ${priority}, entryPoints: [websecure], tls: {}${later} }`;
}
