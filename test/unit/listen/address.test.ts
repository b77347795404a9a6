import { describe, expect, test } from "vitest";
import { isOwnHost, parseAddress } from "../../../src/listen/address.ts";

test.each([
  ["127.0.0.1:9464", { host: "127.0.0.1", port: 9464, isLoopback: true }],
  ["9464", { host: "127.0.0.1", port: 9464, isLoopback: true }],
  [":9464", { host: "127.0.0.1", port: 9464, isLoopback: true }],
  ["LocalHost:0", { host: "LocalHost", port: 0, isLoopback: true }],
  ["[::1]:9464", { host: "::1", port: 9464, isLoopback: true }],
  ["0.0.0.0:9464", { host: "0.0.0.0", port: 9464, isLoopback: false }],
  ["[::]:9464", { host: "::", port: 9464, isLoopback: false }],
  ["127.evil.example:9464", { host: "127.evil.example", port: 9464, isLoopback: false }],
  ["sync1.example:80", { host: "sync1.example", port: 80, isLoopback: false }],
])("--listen %s is an address", (text, address) => {
  expect(parseAddress(text)).toEqual(address);
});

test.each([
  "",
  "here",
  "127.0.0.1",
  "127.0.0.1:",
  "127.0.0.1:70000",
  "::1:80",
  "[zz]:80",
  "http://a:80",
  "a b:80",
  "me@a:80",
])("--listen %s is none", (text) => {
  expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: "USAGE_INVALID" }));
});

describe("The Host of a request", () => {
  const local = parseAddress("127.0.0.1:9464");
  const open = parseAddress("0.0.0.0:9464");
  const asked = (header: string | undefined, address = local) => isOwnHost(header, address, "sync1.example");

  test.each(["127.0.0.1:9464", "localhost:1234", "localhost", "[::1]:9464"])("%s is our own", (header) => {
    expect(asked(header)).toBe(true);
    expect(asked(header, open)).toBe(true);
  });

  test.each([
    "evil.example:9464",
    "127.0.0.1.evil.example",
    "localhost.evil.example:9464",
    "",
    undefined,
    "a:b:c",
  ])("%s is somebody else's", (header) => {
    expect(asked(header)).toBe(false);
    expect(asked(header, open)).toBe(false);
  });

  test("where other machines come, addresses and this machine's names are ours too", () => {
    const ours = ["10.0.0.7:9464", "[fd00::7]:9464", "sync1.example:9464", "SYNC1"];
    expect(ours.map((header) => asked(header, open))).toEqual([true, true, true, true]);
    expect(ours.map((header) => asked(header))).toEqual([false, false, false, false]);
    expect(asked("is.example:80", parseAddress("is.example:80"))).toBe(true);
  });
});
