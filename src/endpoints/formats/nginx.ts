import { address, CLOSED_TEXT, type Front, NODE_COOKIE, RETRY_AFTER_SECONDS } from "../front.ts";
import { headComment } from "../head-comment.ts";
import { indent, listLines } from "../list-lines.ts";

/** For nginx 1.18 and later: a file for `conf.d`, inside `http`. */
export function nginx(front: Front): string {
  const use = [
    "nginx: put the file into /etc/nginx/conf.d in the place of the server block that served Identity Server until now,",
    "then `nginx -t && nginx -s reload`.",
  ];
  return [...headComment(front, use), "", ...nginxHttp(front), ""].join("\n");
}

/** What stands inside `http`. */
export function nginxHttp(front: Front): readonly string[] {
  return [...openMap(front), "", ...nodes(front), "", ...server(front)];
}

// $request_uri is the path as it was sent; $uri and `location` would be decoded and resolved, and blue gets it as it was sent.
function openMap(front: Front): readonly string[] {
  return [
    "map $request_uri $sync_tool_open {",
    ...indent(4, ["default 0;", ...listLines(front, (pattern) => `"~^${pattern}(?:\\?|$)" 1;`)]),
    "}",
  ];
}

/** A cookie names the node; without one, or with another's, a node is drawn. A node that is down is stood in for. */
function nodes({ side, upstreams }: Front): readonly string[] {
  const groups = upstreams.flatMap((upstream, i) => [
    `upstream ${side}_${i} {`,
    `    server ${address(upstream)};`,
    ...upstreams.filter((_, j) => j !== i).map((other) => `    server ${address(other)} backup;`),
    "    keepalive 32;",
    "}",
  ]);
  const share = (100 / upstreams.length).toFixed(2);
  return [
    ...groups,
    'split_clients "$request_id" $sync_tool_new_node {',
    ...upstreams.map((_, i) => `    ${i === upstreams.length - 1 ? "*" : `${share}%`} ${side}_${i};`),
    "}",
    `map $cookie_${NODE_COOKIE} $sync_tool_node {`,
    "    default $sync_tool_new_node;",
    ...upstreams.map((_, i) => `    ${side}_${i} ${side}_${i};`),
    "}",
    `map $cookie_${NODE_COOKIE} $sync_tool_set_cookie {`,
    `    default "${NODE_COOKIE}=$sync_tool_node; Path=/; Secure; HttpOnly; SameSite=None";`,
    ...upstreams.map((_, i) => `    ${side}_${i} "";`),
    "}",
  ];
}

function server({ listen, hostname, certificate, certificateKey }: Front): readonly string[] {
  return [
    "server {",
    ...indent(4, [
      `listen ${listen} ssl${hostname === undefined ? " default_server" : ""};`,
      `server_name ${hostname ?? "_"};`,
      `ssl_certificate ${certificate};`,
      `ssl_certificate_key ${certificateKey};`,
      "ssl_protocols TLSv1.2 TLSv1.3;",
      "",
      "location / {",
      ...indent(4, [
        "if ($sync_tool_open = 0) {",
        "    return 503;",
        "}",
        "proxy_pass https://$sync_tool_node;",
        "# proxy_ssl_verify on; proxy_ssl_name <name in the certificate>; proxy_ssl_trusted_certificate <its authority>;",
        "proxy_http_version 1.1;",
        'proxy_set_header Connection "";',
        "proxy_set_header Host $http_host;",
        "proxy_set_header X-Real-IP $remote_addr;",
        "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
        "proxy_set_header X-Forwarded-Host $http_host;",
        "proxy_set_header X-Forwarded-Proto $scheme;",
        "proxy_connect_timeout 5s;",
        "proxy_read_timeout 300s;",
        "proxy_buffer_size 16k;",
        "proxy_buffers 8 16k;",
        "add_header Set-Cookie $sync_tool_set_cookie always;",
      ]),
      "}",
      "",
      "# What nginx itself answers, such as 400 to %00; a node's own answers go through as they are.",
      "error_page 400 404 503 =503 /sync-tool-closed;",
      "location = /sync-tool-closed {",
      ...indent(4, [
        "internal;",
        `add_header Retry-After ${RETRY_AFTER_SECONDS} always;`,
        "default_type text/plain;",
        `return 503 "${CLOSED_TEXT}\\n";`,
      ]),
      "}",
    ]),
    "}",
  ];
}
