import { address, type Front, NODE_COOKIE, RETRY_AFTER_SECONDS } from "../front.ts";
import { headComment } from "../head-comment.ts";
import { indent, listLines } from "../list-lines.ts";

/** For Apache httpd 2.4: a site with one virtual host. */
export function apache(front: Front): string {
  const { side, upstreams, listen, hostname, certificate, certificateKey } = front;
  const use = [
    "Apache httpd: `a2enmod ssl rewrite headers proxy proxy_http proxy_balancer lbmethod_byrequests slotmem_shm`, put the file",
    "into sites-available in the place of the site that served Identity Server until now, `a2ensite`, `apachectl graceful`.",
    `The server must listen on port ${listen} already (ports.conf).`,
    "httpd itself answers 400 or 404, and never asks a node, for paths that lead above the root or hold %00.",
  ];
  // THE_REQUEST is the line as it was sent; RewriteRule and Location see a path that is decoded and resolved.
  const rules = listLines(front, (pattern) => `RewriteCond %{THE_REQUEST} "!^[A-Z]+ ${pattern}[? ]"`);
  return [
    ...headComment(front, use),
    "",
    `<VirtualHost *:${listen}>`,
    ...indent(4, [
      ...(hostname === undefined ? [] : [`ServerName ${hostname}`]),
      "SSLEngine on",
      "SSLProtocol -all +TLSv1.2 +TLSv1.3",
      `SSLCertificateFile ${certificate}`,
      `SSLCertificateKeyFile ${certificateKey}`,
      "AllowEncodedSlashes NoDecode",
      "",
      "RewriteEngine On",
      ...rules,
      'RewriteRule "^" "-" [R=503,L]',
      `Header always set Retry-After ${RETRY_AFTER_SECONDS} "expr=%{REQUEST_STATUS} == 503"`,
      "",
      "SSLProxyEngine on",
      "SSLProxyVerify none",
      "SSLProxyCheckPeerName off",
      "SSLProxyCheckPeerExpire off",
      "ProxyPreserveHost On",
      "ProxyTimeout 300",
      'RequestHeader set X-Forwarded-Proto "https"',
      `<Proxy "balancer://${side}">`,
      ...indent(4, [
        ...upstreams.map((one, i) => `BalancerMember "https://${address(one)}" route=${side}_${i} retry=10`),
        `ProxySet stickysession=${NODE_COOKIE}`,
      ]),
      "</Proxy>",
      `Header always add Set-Cookie "${NODE_COOKIE}=.%{BALANCER_WORKER_ROUTE}e; Path=/; Secure; HttpOnly; SameSite=None" env=BALANCER_ROUTE_CHANGED`,
      "# nocanon: path and query go on as they came.",
      `ProxyPass "/" "balancer://${side}/" nocanon`,
    ]),
    "</VirtualHost>",
    "",
  ].join("\n");
}
