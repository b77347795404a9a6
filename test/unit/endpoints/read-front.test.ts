import { expect, test } from "vitest";
import { type FrontWords, readFront } from "../../../src/endpoints/read-front.ts";
import { SyncError } from "../../../src/errors.ts";

const GOOD: FrontWords = { format: "nginx", upstream: ["is1:9443"] };

function problemOf(words: Partial<FrontWords>): string {
  try {
    readFront({ ...GOOD, ...words });
  } catch (error) {
    if (error instanceof SyncError && error.code === "USAGE_INVALID") return error.message;
    throw error;
  }
  return "none";
}

test("nodes are names, IPv4 and IPv6 addresses with a port", () => {
  const { upstreams } = readFront({
    ...GOOD,
    upstream: ["is-1.example.com:9443", "10.0.0.1:443", "[fd00::1]:9443"],
  });
  expect(upstreams).toEqual([
    { host: "is-1.example.com", port: 9443 },
    { host: "10.0.0.1", port: 443 },
    { host: "fd00::1", port: 9443 },
  ]);
});

test.each([
  "is1",
  "is1:",
  ":9443",
  "is1:0",
  "is1:65536",
  "https://is1:9443",
  "is1:9443;",
  "a b:1",
  "fd00::1:9443",
  "-x:1",
  "[x]:1",
])("a node %j is refused", (word) => {
  expect(problemOf({ upstream: [word] })).toContain(
    `--upstream is ${JSON.stringify(word)}; wanted is HOST:PORT`,
  );
});

test.each([
  [{ upstream: [] }, "--upstream is missing"],
  [{ upstream: ["is1:9443", "IS1:9443"] }, '--upstream names "IS1:9443" twice'],
  [{ format: "ngnix" }, 'did you mean "nginx"?'],
  [{ format: "toString" }, '--format names "toString"; known are nginx'],
  [{ to: "red" }, '--to names "red"; known are blue, green'],
  [{ without: "smal" }, '--without names "smal"; known are oauth2, saml'],
  [{ without: "login" }, "--without names login, which every login needs"],
  [{ with: "saml" }, '--with names "saml"; known are login-helpers'],
  [{ hostname: "id.example.com;" }, "--hostname is"],
  [{ hostname: "10.0.0.1" }, "--hostname is"],
  [{ listen: "99999" }, '--listen is "99999"'],
  [{ certificate: "tls.crt" }, "--certificate is"],
  [{ certificate: "/etc/x y.crt" }, "--certificate is"],
  [{ certificate: "/etc/tls.pem" }, "--certificate is"],
  [{ format: "gateway-api", listen: "443" }, "--listen means nothing for gateway-api"],
])("%j is refused", (words, problem) => {
  expect(problemOf(words)).toContain(problem);
});

test("all mistakes are told together", () => {
  expect(problemOf({ upstream: ["x"], to: "red", listen: "y" })).toMatch(
    /^3 options are wrong:\n {2}- --to .*\n {2}- --upstream .*\n {2}- --listen /,
  );
});
