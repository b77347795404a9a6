import { address, CLOSED_TEXT, type Front, NODE_COOKIE, RETRY_AFTER_SECONDS } from "../front.ts";
import { headComment } from "../head-comment.ts";
import { indent, listLines } from "../list-lines.ts";

/** For HAProxy 2.4 and later: a whole haproxy.cfg, or one of several `-f`. */
export function haproxy(front: Front): string {
  const { side, upstreams, listen, certificate, certificateKey, hostname } = front;
  const use = [
    "HAProxy: `haproxy -c -f` this file, then start HAProxy with it alone, or as a further -f beside the file of your other",
    "services.",
    `Certificate in ${certificate}, key in ${certificateKey}.`,
    ...(hostname === undefined ? [] : [`It serves every name; ${hostname} is yours.`]),
  ];
  // `path` is the path as it was sent, without the query.
  const rules = [
    ...listLines(front, (pattern) => `acl sync_tool_open path -m reg '^${pattern}$'`),
    `http-request return status 503 content-type text/plain string "${CLOSED_TEXT}" hdr Retry-After ${RETRY_AFTER_SECONDS} unless sync_tool_open`,
  ];
  return [
    ...headComment(front, use),
    "",
    "global",
    ...indent(4, [
      "# tls.key beside tls.crt, not tls.crt.key.",
      "ssl-load-extra-del-ext",
      "ssl-default-bind-options ssl-min-ver TLSv1.2",
    ]),
    "",
    "defaults sync_tool",
    ...indent(4, [
      "mode http",
      "timeout connect 5s",
      "timeout client 300s",
      "timeout server 300s",
      "timeout http-request 30s",
    ]),
    "",
    "frontend identity from sync_tool",
    ...indent(4, [
      `bind :${listen} ssl crt ${certificate}`,
      "option forwardfor",
      "http-request set-header X-Forwarded-Proto https",
      "http-request set-header X-Forwarded-Host %[req.hdr(host)]",
      "",
      ...rules,
      `default_backend ${side}`,
    ]),
    "",
    `backend ${side} from sync_tool`,
    ...indent(4, [
      "balance leastconn",
      `cookie ${NODE_COOKIE} insert indirect nocache httponly secure attr SameSite=None`,
      "option redispatch",
      "# Whether a node takes connections: the probe asks for no path.",
      "default-server ssl verify none check inter 5s",
      ...upstreams.map((one, i) => `server ${side}_${i} ${address(one)} cookie ${side}_${i}`),
    ]),
    "",
  ].join("\n");
}
