import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { RawSetting } from "../../../../src/config/sync-config.ts";
import { SyncError } from "../../../../src/errors.ts";
import { readKeySettings } from "../../../../src/transform/crypto/key-settings.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "key-settings-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const config = (settings: Record<string, string>) => ({
  files: { properties: join(folder, "sync.properties"), deployment: join(folder, "deployment.toml") },
  extra: new Map(
    Object.entries(settings).map(([key, value], n): [string, RawSetting] => [
      key,
      { value, file: "sync.properties", line: n + 1 },
    ]),
  ),
});

function problemsOf(settings: Record<string, string>): readonly string[] {
  try {
    readKeySettings(config(settings));
    return [];
  } catch (error) {
    if (!(error instanceof SyncError) || error.exitCode !== 3) throw error;
    return error.message.replaceAll(`${folder}/`, "").split("\n");
  }
}

it("leaves everything to the defaults when nothing is set", () => {
  expect(readKeySettings(config({}))).toEqual({ source: {}, target: {} });
});

it("reads numbered keystores and keys of the source and single ones of the target", () => {
  expect(
    readKeySettings(
      config({
        "source.tokenProcessor": "encrypted",
        "source.mixedRows": "true",
        "source.keystore.1.path": "new.jks",
        "source.keystore.1.alias": "a",
        "source.keystore.1.storePassword": "s1",
        "source.keystore.2.path": "/old.p12",
        "source.keystore.2.type": "PKCS12",
        "source.keystore.2.alias": "b",
        "source.keystore.2.storePassword": "s2",
        "source.keystore.2.keyPassword": "k2",
        "source.symmetricKey.1": "text",
        "source.symmetricKey.2": "base64:AAAA",
        "target.tokenProcessor": "encrypted",
        "target.hashAlgorithm": "SHA-512",
        "target.encryption": "symmetric",
        "target.symmetricKey": "key",
      }),
    ),
  ).toEqual({
    source: {
      processor: "encrypted",
      mixedRows: true,
      keystores: [
        { path: join(folder, "new.jks"), alias: "a", storePassword: "s1" },
        { path: "/old.p12", type: "PKCS12", alias: "b", storePassword: "s2", keyPassword: "k2" },
      ],
      symmetricKeys: [{ text: "text" }, { text: "AAAA", encoding: "base64" }],
    },
    target: {
      processor: "encrypted",
      hashAlgorithm: "SHA-512",
      encryption: "symmetric",
      symmetricKeys: [{ text: "key" }],
    },
  });
});

it("lets what is given win over the home directory, whose problems then do not matter", () => {
  mkdirSync(join(folder, "is/repository/conf"), { recursive: true });
  writeFileSync(
    join(folder, "is/repository/conf/deployment.toml"),
    [
      "[oauth]",
      'hash_token_algorithm = "SHA-512"',
      "[oauth.extensions]",
      'token_persistence_processor = "com.example.Own"',
      "[keystore.primary]",
      'file_name = "own.jks"',
      'alias = "own"',
      'password = "$env{UNKNOWN}"',
    ].join("\n"),
  );
  const given = {
    "source.home": "is",
    "source.tokenProcessor": "plain",
    "source.keystore.1.path": "a.jks",
    "source.keystore.1.alias": "a",
    "source.keystore.1.storePassword": "s",
  };
  expect(readKeySettings(config(given)).source).toEqual({
    processor: "plain",
    hashAlgorithm: "SHA-512",
    encryption: "asymmetric",
    keystores: [{ path: join(folder, "a.jks"), alias: "a", storePassword: "s" }],
  });
  expect(problemsOf({ "source.home": "is" }).join("\n")).toContain("$env{UNKNOWN}");
});

it("says everything that is wrong at once, never a secret", () => {
  expect(
    problemsOf({
      "source.tokenProcessor": "encripted",
      "source.keystore.1.path": "a.jks",
      "source.keystore.1.storePassword": "s3cret",
      "target.encryption": "both",
      "target.home": "nowhere",
    }),
  ).toEqual([
    "4 problems with the settings of keys:",
    "  - sync.properties:1: source.tokenProcessor: wanted one of plain, hashed, encrypted",
    "  - source.keystore.1.alias: missing, a keystore needs it",
    "  - sync.properties:4: target.encryption: wanted one of symmetric, asymmetric",
    "  - nowhere: holds neither repository/conf/deployment.toml nor repository/conf/carbon.xml",
  ]);
});
