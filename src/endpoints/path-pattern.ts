import type { Endpoint } from "./endpoint-list.ts";

// Nothing but plain characters, and no segment that begins or ends with a dot: neither `..`, `;jsessionid=`, `%2e`, `//` nor
// another spelling of a letter can be in a path that matches. Tomcat drops `;...` before it resolves `..`, others resolve
// first: /authenticationendpoint/x/..;/../carbon is /authenticationendpoint/x/carbon for the one and /carbon for the other.
const TENANT = "[A-Za-z0-9_-]+(?:[.][A-Za-z0-9_-]+)*";
const SEGMENT = "[A-Za-z0-9_~@-]+(?:[.][A-Za-z0-9_~@-]+)*";

/**
 * The paths of an endpoint as a regular expression without anchors, `/t/<tenant>` before them or not. PCRE, RE2, Go and
 * JavaScript read it alike; it holds neither `\`, `{`, `$`, quotes nor spaces, and needs no backtracking. To be compared, whole
 * and with regard to case, with the path as it was sent.
 */
export function pathPattern({ path, isTree }: Endpoint): string {
  const own = path.replaceAll(".", "[.]");
  return `(?:/t/${TENANT})?${own}${isTree ? `(?:/${SEGMENT})*/?` : ""}`;
}
