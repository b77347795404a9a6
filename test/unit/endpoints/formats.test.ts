import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { FORMATS } from "../../../src/endpoints/formats.ts";
import { FORMAT_NAMES, type FrontWords, readFront } from "../../../src/endpoints/read-front.ts";
import { CLOSED_PATHS, MALFORMED_PATHS, OPEN_PATHS } from "../../support/front/paths.ts";
import { faultsBySchema, faultsOfManifests } from "../../support/schema.ts";

function write(words: Partial<FrontWords> & { readonly format: string }): string {
  const front = readFront({ upstream: ["is1.example.com:9443", "[fd00::2]:9443"], ...words });
  return FORMATS[words.format]?.(front) ?? "";
}

const pathOf = (target: string): string => target.split("?")[0] ?? "";

/** Whether Envoy sends a path to a node: a route's expression has to cover the whole path as it was sent. */
function envoyOpens(text: string): (target: string) => boolean {
  const file = parse(text);
  const { http_filters: _, route_config } =
    file.static_resources.listeners[0].filter_chains[0].filters[0].typed_config;
  const routes: readonly { match: { safe_regex?: { regex: string } }; route?: object }[] =
    route_config.virtual_hosts[0].routes;
  const patterns = routes.flatMap(({ match, route }) =>
    route !== undefined && match.safe_regex ? [new RegExp(`^(?:${match.safe_regex.regex})$`)] : [],
  );
  return (target) => patterns.some((pattern) => pattern.test(pathOf(target)));
}

/** Whether Traefik sends a path to a node: it decodes plain letters and resolves `.`, `..` and `//` first. */
function traefikOpens(text: string): (target: string) => boolean {
  const { routers } = parse(text).http as { routers: Record<string, { rule: string; service: string }> };
  const patterns = Object.values(routers).flatMap(({ rule, service }) =>
    service === "blue" ? [new RegExp(/PathRegexp\(`(.*)`\)/.exec(rule)?.[1] ?? "")] : [],
  );
  return (target) => {
    const plain = pathOf(target).replaceAll(/%[0-9a-f]{2}/gi, (code) => {
      const letter = String.fromCharCode(Number.parseInt(code.slice(1), 16));
      return /[A-Za-z0-9._~-]/.test(letter) ? letter : code;
    });
    const resolved: string[] = [];
    for (const segment of plain.split("/").filter((one) => one !== "" && one !== "."))
      if (segment === "..") resolved.pop();
      else resolved.push(segment);
    const end = plain.endsWith("/") && resolved.length > 0 ? "/" : "";
    return patterns.some((pattern) => pattern.test(`/${resolved.join("/")}${end}`));
  };
}

describe("The file for Envoy", () => {
  test("fits the messages of Envoy", () => {
    expect(faultsBySchema("envoy.json", write({ format: "envoy" }))).toEqual([]);
    expect(faultsBySchema("envoy.json", write({ format: "envoy", hostname: "id.example.com" }))).toEqual([]);
  });

  test("opens the guide's endpoints and nothing else", () => {
    const opens = envoyOpens(write({ format: "envoy" }));
    expect(OPEN_PATHS.filter((path) => !opens(path))).toEqual([]);
    expect([...CLOSED_PATHS, ...MALFORMED_PATHS].filter(opens)).toEqual([]);
  });

  test("answers what is closed with 503 and Retry-After", () => {
    const last = parse(write({ format: "envoy" }));
    const hosts =
      last.static_resources.listeners[0].filter_chains[0].filters[0].typed_config.route_config.virtual_hosts;
    expect(hosts[0].routes.at(-1)).toMatchObject({
      match: { prefix: "/" },
      direct_response: { status: 503 },
      response_headers_to_add: [{ header: { key: "Retry-After", value: "120" } }],
    });
  });
});

describe("The file for Traefik", () => {
  test("fits Traefik's reference", () => {
    expect(faultsBySchema("traefik.json", write({ format: "traefik" }))).toEqual([]);
    expect(faultsBySchema("traefik.json", write({ format: "traefik", hostname: "id.example.com" }))).toEqual(
      [],
    );
  });

  test("opens the guide's endpoints, and other spellings that Traefik itself has resolved", () => {
    const opens = traefikOpens(write({ format: "traefik" }));
    expect(OPEN_PATHS.filter((path) => !opens(path))).toEqual([]);
    expect(CLOSED_PATHS.filter(opens)).toEqual([
      "/t/../oauth2/token",
      "/authenticationendpoint/./login.do",
      // It is /authenticationendpoint/x/carbon/admin/login.jsp that Traefik sends on.
      "/authenticationendpoint/x/..;/../carbon/admin/login.jsp",
      "/carbon/../oauth2/token",
      "/x/../authenticationendpoint/login.do",
      "/oauth2/%74oken",
      "/%6fauth2/token",
      "//oauth2/token",
      "/oauth2//token",
      "///oauth2/token",
      "/.//oauth2/token",
      "/./oauth2/token",
      "/oauth2/./token",
      "/authenticationendpoint//login.do",
      "/authenticationendpoint/login.do//",
    ]);
  });
});

test.each(["ingress-nginx", "gateway-api"])("the manifests for %s fit Kubernetes, strictly", (format) => {
  expect(faultsOfManifests(write({ format }))).toEqual([]);
  expect(faultsOfManifests(write({ format, hostname: "id.example.com" }))).toEqual([]);
});

test("no pattern lets through what is no plain path", () => {
  const opens = envoyOpens(write({ format: "envoy" }));
  const piece = fc.constantFrom(
    ...["/", "//", "..", ".", ";", "%2e", "%2f", "t", "T", "bank", "oauth2", "token", "commonauth", "x"],
    ...["authenticationendpoint", "login.do", "\\", "\n", " ", "\u0130", "carbon"],
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 9 }), (pieces) => {
      const path = `/${pieces.join("")}`;
      if (!opens(path)) return;
      expect(path).toMatch(/^(\/[A-Za-z0-9_~@-]+(\.[A-Za-z0-9_~@-]+)*)+\/?$/);
      expect(path).toMatch(/\/(oauth2\/token|commonauth|authenticationendpoint(\/.*)?)$/);
    }),
    { numRuns: 3_000 },
  );
});

describe.each(FORMAT_NAMES)("The file for %s", (format) => {
  test("names what will ring alarms", () => {
    expect(write({ format })).toContain(
      "#   /carbon/admin/login.jsp: the probes of WSO2's Kubernetes charts",
    );
  });

  test("of green differs from that of blue in nothing but the side and its nodes", () => {
    const blue = write({ format, upstream: ["blue1:9443"] });
    const green = write({ format, upstream: ["green1:9443"], to: "green" });
    expect(green).not.toContain("blue");
    expect(green).toBe(blue.replaceAll("blue", "green"));
  });

  test("leaves groups out, as comments", () => {
    const closed = (text: string, path: string): boolean =>
      text.split("\n").every((line) => !line.includes(path) || line.trim().startsWith("#"));
    const all = write({ format });
    const some = write({ format, without: "saml,xacml" });
    expect([closed(all, "/samlsso"), closed(all, "/entitlement")]).toEqual([false, false]);
    expect([closed(some, "/samlsso"), closed(some, "/entitlement")]).toEqual([true, true]);
    expect(closed(some, "/passivests")).toBe(false);
    expect(some).toContain("/samlsso");
  });

  test("opens the helpers of the login pages only when asked to", () => {
    const open = (text: string): boolean =>
      text.split("\n").some((line) => line.includes("/longwaitstatus") && !line.trim().startsWith("#"));
    expect(open(write({ format }))).toBe(false);
    expect(open(write({ format, with: "login-helpers" }))).toBe(true);
  });
});
