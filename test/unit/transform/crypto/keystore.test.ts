import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SyncError } from "../../../../src/errors.ts";
import { type KeystoreSettings, openKeystore } from "../../../../src/transform/crypto/keystore.ts";
import { keystoreVector, VECTORS } from "../../../support/crypto-vectors.ts";
import { endlessKeystore } from "../../../support/endless-keystore.ts";

const ODD = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../../fixtures/odd-keystores.json"), "utf8"),
) as Record<string, string>;
const NAMES = Object.keys(VECTORS.keystores);
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "keystore-"));
  for (const name of NAMES) write(name, keystoreVector(name).base64);
  for (const [name, base64] of Object.entries(ODD)) write(name, base64);
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, base64: string): void {
  writeFileSync(join(folder, name), Buffer.from(base64, "base64"));
}

function settings(name: string, changes: Partial<KeystoreSettings> = {}): KeystoreSettings {
  const { type, alias, storePassword, keyPassword } = keystoreVector(name);
  return { path: join(folder, name), type, alias, storePassword, keyPassword, ...changes };
}

/** The error's own words, with the folder left out. */
function refusal(given: KeystoreSettings): unknown {
  try {
    openKeystore(given);
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    return { code: error.code, what: error.message.replaceAll(`${folder}/`, ""), exitCode: error.exitCode };
  }
  return "opened";
}

function refused(what: string) {
  return { code: "KEY_INVALID", exitCode: 3, what };
}

describe("openKeystore", () => {
  it.each(NAMES)("opens %s: key, certificate, thumbprint and length", (name) => {
    const key = openKeystore(settings(name));
    const expected = keystoreVector(name);
    expect(key.thumbprint).toBe(expected.certSha1ThumbprintUpperHex);
    expect(Buffer.from(key.certificateDer).toString("base64")).toBe(expected.certDerBase64);
    expect(key.privateKey.export({ format: "der", type: "pkcs8" }).toString("base64")).toBe(
      expected.pkcs8PrivateKeyBase64,
    );
    expect(key.modulusBytes).toBe(name === "rsa1024" ? 128 : 256);
  });

  it.each(NAMES)("tells the type of %s by its content when none is given", (name) => {
    const { path, alias, storePassword, keyPassword = "" } = settings(name);
    expect(openKeystore({ path, alias, storePassword, keyPassword }).thumbprint).toBe(
      keystoreVector(name).certSha1ThumbprintUpperHex,
    );
  });

  it("takes alias and type in any case, and the store password where no key password is given", () => {
    const { path, storePassword } = settings("primary");
    const key = openKeystore({ path, type: "jks", alias: "WSO2Carbon", storePassword });
    expect(key.thumbprint).toBe("9A6EACDD306BAC45D1ACC47531C126B699579072");
  });

  it.each(NAMES)("says that the store password of %s is wrong", (name) => {
    expect(refusal(settings(name, { storePassword: "nope" }))).toEqual(
      refused(`The store password does not open the keystore ${name}`),
    );
  });

  it.each(["primaryP12", "primaryP12Legacy"])(
    "refuses %s at once where its MAC or its encryption asks for more iterations than Java allows",
    (name) => {
      const file = Buffer.from(keystoreVector(name).base64, "base64");
      for (let n = 0; n < 3; n++) {
        const endless = endlessKeystore(file, n) ?? Buffer.alloc(0);
        write("endless", endless.toString("base64"));
        expect(refusal({ ...settings(name), path: join(folder, "endless") })).toEqual(
          refused(
            "The keystore endless asks for more than 5000000 iterations to open it, as no Java server would",
          ),
        );
      }
      expect(endlessKeystore(file, 3)).toBeUndefined();
    },
  );

  it("says that the key password is wrong", () => {
    const wrong = "The key password does not open alias internalkey of the keystore multi";
    expect(refusal(settings("multi", { keyPassword: "nope" }))).toEqual(refused(wrong));
    expect(refusal(settings("multi", { keyPassword: "storePass1" }))).toEqual(refused(wrong));
  });

  it("lists the aliases that are there", () => {
    expect(refusal(settings("multi", { alias: "wso2carbon" }))).toEqual(
      refused("The keystore multi has no alias wso2carbon; it has trustedca, internalkey"),
    );
    expect(refusal(settings("primaryP12", { alias: "other" }))).toEqual(
      refused("The keystore primaryP12 has no alias other; it has wso2carbon"),
    );
  });

  it("refuses a certificate without a key", () => {
    expect(refusal(settings("multi", { alias: "trustedca" }))).toEqual(
      refused("Alias trustedca of the keystore multi is a certificate without a private key"),
    );
    const path = join(folder, "ecPkcs12");
    expect(refusal({ path, alias: "onlycert", storePassword: "store-pass-7" })).toEqual(
      refused("Alias onlycert of the keystore ecPkcs12 is a certificate without a private key"),
    );
  });

  it.each(["ecJks", "ecPkcs12"])("refuses a key that is not RSA, in %s", (name) => {
    expect(refusal({ path: join(folder, name), alias: "elliptic", storePassword: "store-pass-7" })).toEqual(
      refused(`Alias elliptic of the keystore ${name} is a key of kind ec, not RSA`),
    );
  });

  it("says that a keystore holds entries that cannot be read", () => {
    const path = join(folder, "secretKeyPkcs12");
    expect(refusal({ path, alias: "sec", storePassword: "store-pass-7" })).toEqual(
      refused("The keystore secretKeyPkcs12 holds something that cannot be read"),
    );
  });

  it("says which type the file really is", () => {
    expect(refusal(settings("primary", { type: "PKCS12" }))).toEqual(
      refused("The keystore primary is of type JKS, not PKCS12"),
    );
    expect(refusal(settings("primaryP12Legacy", { type: "JKS" }))).toEqual(
      refused("The keystore primaryP12Legacy is of type PKCS12, not JKS"),
    );
    expect(refusal(settings("primary", { type: "BKS" }))).toEqual(
      refused("The keystore type BKS of primary is not supported"),
    );
  });

  it("says that a file is no keystore", () => {
    write("jceks", Buffer.from("cececece0000000200000001", "hex").toString("base64"));
    write("empty", "");
    for (const name of ["jceks", "empty"]) {
      expect(refusal(settings("primary", { path: join(folder, name) }))).toEqual(
        refused(`The file ${name} is neither a JKS nor a PKCS12 keystore`),
      );
    }
  });

  it("says that a file is cut off or changed", () => {
    const jks = Buffer.from(keystoreVector("primary").base64, "base64");
    write("cut", jks.subarray(0, 900).toString("base64"));
    write(
      "cutP12",
      Buffer.from(keystoreVector("primaryP12").base64, "base64").subarray(0, 900).toString("base64"),
    );
    const counted = Buffer.from(jks);
    counted.writeUInt32BE(0xffffffff, 8);
    write("counted", counted.toString("base64"));
    for (const name of ["cut", "counted"]) {
      expect(refusal(settings("primary", { path: join(folder, name) }))).toEqual(
        refused(`The keystore ${name} is damaged`),
      );
    }
    expect(refusal(settings("primaryP12", { path: join(folder, "cutP12") }))).toEqual(
      refused("The keystore cutP12 is damaged"),
    );
  });

  it("says why a file cannot be read", () => {
    expect(refusal(settings("primary", { path: join(folder, "absent") }))).toEqual(
      refused("The keystore absent cannot be read (ENOENT)"),
    );
    expect(refusal(settings("primary", { path: folder }))).toEqual(
      refused(`The keystore ${folder} cannot be read (EISDIR)`),
    );
  });
});
