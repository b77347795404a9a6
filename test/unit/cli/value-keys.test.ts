import { expect, it } from "vitest";
import { homeDefines } from "../../../src/cli/key-flags.ts";
import { openValueKeys } from "../../../src/cli/value-keys.ts";
import type { RawSetting } from "../../../src/config/sync-config.ts";
import { SyncError } from "../../../src/errors.ts";
import { readPlain } from "../../../src/transform/read-values.ts";

const config = (settings: Record<string, string>, table = "IDN_OAUTH2_ACCESS_TOKEN") => ({
  sourceVersion: "5.4.0" as const,
  targetVersion: "5.11.0" as const,
  syncTables: [table],
  files: { properties: "/nowhere/sync.properties", deployment: "/nowhere/deployment.toml" },
  extra: new Map(
    Object.entries(settings).map(([key, value]): [string, RawSetting] => [key, { value, file: "f" }]),
  ),
});

function refusal(settings: Record<string, string>): string {
  try {
    openValueKeys(config(settings));
  } catch (error) {
    if (error instanceof SyncError && error.code === "KEY_INVALID" && error.exitCode === 3)
      return error.message;
    throw error;
  }
  return "";
}

it("starts no thread and reads plain values when nothing is configured", () => {
  expect(openValueKeys(config({})).readValues).toBe(readPlain);
});

it.each([
  [{ "source.tokenProcessor": "hashed" }, "the source stores tokens hashed and the target plain"],
  [
    {
      "source.tokenProcessor": "hashed",
      "target.tokenProcessor": "encrypted",
      "target.symmetricKey": "x".repeat(32),
    },
    "the source stores tokens hashed and the target encrypted",
  ],
  [
    {
      "source.tokenProcessor": "hashed",
      "target.tokenProcessor": "hashed",
      "target.hashAlgorithm": "SHA-512",
    },
    "the source hashes with SHA-256 and the target with SHA-512",
  ],
  [{ "source.tokenProcessor": "encrypted" }, "no keystore or symmetric key of it is configured"],
  [{ "target.tokenProcessor": "encrypted" }, "encryption is asymmetric and no keystore is given"],
  [{ "target.symmetricKey": "short" }, "symmetric key 1 has 5 bytes; AES needs 16, 24 or 32"],
])("refuses %j at the start", (settings, reason) => {
  expect(refusal(settings)).toContain(reason);
});

it("does not mind how tokens are stored when only other tables are synced", async () => {
  const keys = openValueKeys(config({ "source.tokenProcessor": "hashed" }, "IDN_IDENTITY_USER_DATA"));
  expect(keys.profiles.source.processor).toBe("hashed");
  await keys.close();
});

it("refuses targets that look tokens up by a bare hash", () => {
  const to = (targetVersion: "5.4.1" | "5.6.0" | "5.7.0") => () =>
    openValueKeys({ ...config({ "target.symmetricKey": "x".repeat(16) }), targetVersion });
  expect(to("5.6.0")).toThrow("cannot be brought to 5.6.0, only to 5.7.0 and later");
  expect(to("5.7.0")).not.toThrow();
  expect(to("5.4.1")).not.toThrow();
});

it("takes the home directories of the flags as settings", () => {
  expect(homeDefines({})).toEqual([]);
  expect(homeDefines({ sourceHome: "/opt/is", targetHome: "/opt/green" })).toEqual([
    "source.home=/opt/is",
    "target.home=/opt/green",
  ]);
});
