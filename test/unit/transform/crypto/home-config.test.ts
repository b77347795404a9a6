import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readHomeKeys } from "../../../../src/transform/crypto/home-config.ts";

const PROCESSORS = "org.wso2.carbon.identity.oauth.tokenprocessor";
const SECURITY = "repository/resources/security";
const SYMMETRIC = "org.wso2.carbon.crypto.provider.SymmetricKeyInternalCryptoProvider";
const ASYMMETRIC = "org.wso2.carbon.crypto.provider.KeyStoreBasedInternalCryptoProvider";
/** The part of the product's own default.json of 5.11.0 that concerns keys. */
const DEFAULTS_511 = {
  "keystore.primary.file_name": "wso2carbon.jks",
  "keystore.primary.type": "JKS",
  "keystore.primary.password": "wso2carbon",
  "keystore.primary.alias": "wso2carbon",
  "keystore.primary.key_password": "$ref{keystore.primary.password}",
  "keystore.internal.file_name": "$ref{keystore.primary.file_name}",
  "keystore.internal.password": "$ref{keystore.primary.password}",
  "keystore.internal.alias": "$ref{keystore.primary.alias}",
  "keystore.internal.key_password": "$ref{keystore.primary.key_password}",
  "encryption.internal_crypto_provider": SYMMETRIC,
  "encryption.key": "03BAFEB27A8E871CAD83C5CD4E771DAB",
};

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "home-"));
});
afterEach(() => rmSync(home, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(home, path)), { recursive: true });
  writeFileSync(join(home, path), text);
}

function writeToml(text: string, defaults: object = DEFAULTS_511): void {
  write("repository/conf/deployment.toml", text);
  write("repository/resources/conf/default.json", JSON.stringify(defaults));
}

describe("readHomeKeys of a server with deployment.toml", () => {
  it("takes the product's defaults where the file is silent", () => {
    writeToml("");
    const keystore = {
      path: join(home, SECURITY, "wso2carbon.jks"),
      alias: "wso2carbon",
      storePassword: "wso2carbon",
      keyPassword: "wso2carbon",
    };
    expect(readHomeKeys(home)).toEqual({
      settings: {
        processor: "plain",
        encryption: "symmetric",
        symmetricKeys: [{ text: "03BAFEB27A8E871CAD83C5CD4E771DAB" }],
        keystores: [keystore],
      },
      problems: [],
    });
  });

  it("reads processor, hash algorithm, both keystores and provider", () => {
    writeToml(`
      [oauth]
      hash_token_algorithm = "SHA-512"
      [oauth.extensions]
      token_persistence_processor = "${PROCESSORS}.EncryptionDecryptionPersistenceProcessor"
      [keystore]
      userstore_password_encryption = "InternalKeyStore"
      [keystore.primary]
      file_name = "primary.jks"
      password = "$secret{primary}"
      alias = "main"
      key_password = "$env{KEY_PASSWORD}"
      [keystore.internal]
      file_name = "/keys/internal.p12"
      type = "PKCS12"
      password = "$sys{internal}"
      alias = "inner"
      key_password = "inner-key"
      [system.parameter]
      "org.wso2.CipherTransformation" = "RSA/ECB/OAEPwithSHA1andMGF1Padding"
      [encryption]
      internal_crypto_provider = "${ASYMMETRIC}"
      [secrets]
      primary = "[from-secrets]"`);
    const found = readHomeKeys(home, {
      env: { KEY_PASSWORD: "from-env" },
      sys: new Map([["internal", "from-sys"]]),
    });
    expect(found.problems).toEqual([]);
    expect(found.settings).toEqual({
      processor: "encrypted",
      hashAlgorithm: "SHA-512",
      encryption: "asymmetric",
      keystores: [
        { path: "/keys/internal.p12", alias: "inner", storePassword: "from-sys", keyPassword: "inner-key" },
        {
          path: join(home, SECURITY, "primary.jks"),
          alias: "main",
          storePassword: "from-secrets",
          keyPassword: "from-env",
        },
      ],
    });
  });

  it.each([
    ["[oauth]\nhash_tokens_and_secrets = true", "hashed"],
    ['[oauth]\ntoken_storage_method = "hashed"', "hashed"],
    ["[oauth]\nhash_tokens_and_secrets = false", "plain"],
    [
      `[oauth.extensions]\ntoken_persistence_processor = "${PROCESSORS}.HashingPersistenceProcessor"`,
      "hashed",
    ],
    [
      `[oauth.extensions]\ntoken_persistence_processor = "${PROCESSORS}.PlainTextPersistenceProcessor"`,
      "plain",
    ],
    [
      `[oauth]\nhash_tokens_and_secrets = true\n[oauth.extensions]\ntoken_persistence_processor = "${PROCESSORS}.PlainTextPersistenceProcessor"`,
      "plain",
    ],
  ])("understands %j", (toml, processor) => {
    writeToml(toml);
    expect(readHomeKeys(home)).toMatchObject({ settings: { processor }, problems: [] });
  });

  it("takes a server without encryption settings (5.9.0, 5.10.0) for one that encrypts with its keystore", () => {
    write("repository/conf/deployment.toml", '[keystore.primary]\nname = "wso2carbon.jks"\npassword = "pw"');
    expect(readHomeKeys(home).settings).toEqual({
      processor: "plain",
      encryption: "asymmetric",
      keystores: [{ path: join(home, SECURITY, "wso2carbon.jks"), alias: "wso2carbon", storePassword: "pw" }],
    });
  });

  it("takes a key without a provider for symmetric encryption", () => {
    write("repository/conf/deployment.toml", '[encryption]\nkey = "9F3C01D47B2A88E65540CE1BF8A7D263"');
    expect(readHomeKeys(home).settings).toMatchObject({
      encryption: "symmetric",
      symmetricKeys: [{ text: "9F3C01D47B2A88E65540CE1BF8A7D263" }],
    });
  });

  it("lists all that it cannot use", () => {
    writeToml(`
      [oauth.extensions]
      token_persistence_processor = "com.example.OwnProcessor"
      [keystore.primary]
      password = "$env{ABSENT}"
      [system.parameter]
      "org.wso2.CipherTransformation" = "AES/GCM/NoPadding"
      [encryption]
      internal_crypto_provider = "${ASYMMETRIC}"`);
    const file = join(home, "repository/conf/deployment.toml");
    const { problems } = readHomeKeys(home);
    expect(problems.every((problem) => problem.file === file)).toBe(true);
    expect(problems.map(({ key }) => key)).toEqual([
      "oauth.extensions.token_persistence_processor",
      "system.parameter.org.wso2.CipherTransformation",
      "keystore.primary.password",
      "keystore.primary",
      "keystore.internal",
    ]);
    expect(problems.map(({ what }) => what)).toEqual([
      "com.example.OwnProcessor is not one of WSO2's own processors; say how it stores tokens in sync.properties",
      "AES/GCM/NoPadding does not go with the keystore based provider, which needs RSA/ECB/OAEPwithSHA1andMGF1Padding",
      "$env{ABSENT} is set neither in the environment or a .env file",
      "has no password that can be read",
      "has no password that can be read",
    ]);
  });

  it("names an unknown provider", () => {
    writeToml('[encryption]\ninternal_crypto_provider = "com.example.Hsm"');
    expect(readHomeKeys(home).problems).toEqual([
      {
        file: join(home, "repository/conf/deployment.toml"),
        key: "encryption.internal_crypto_provider",
        what: "com.example.Hsm is not one of WSO2's own providers",
      },
    ]);
  });

  it("gives the line of a mistake and not its text, which may be a password", () => {
    writeToml('[keystore.primary]\npassword = "s3cret');
    const { problems } = readHomeKeys(home);
    expect(problems).toMatchObject([{ what: "is not valid TOML at line 2" }]);
  });

  it("says when default.json is not JSON", () => {
    write("repository/conf/deployment.toml", "");
    write("repository/resources/conf/default.json", "{");
    expect(readHomeKeys(home).problems).toEqual([
      { file: join(home, "repository/resources/conf/default.json"), key: "", what: "is not valid JSON" },
    ]);
  });
});

const CARBON = `<?xml version="1.0" encoding="ISO-8859-1"?>
<Server xmlns="http://wso2.org/projects/carbon/carbon.xml">
  <!-- <Security><KeyStore><Location>not/this.jks</Location></KeyStore></Security> -->
  <Security>
    <KeyStore>
      <Location>\${carbon.home}/repository/resources/security/wso2carbon.jks</Location>
      <Type>JKS</Type><Password>12345678</Password><KeyAlias>wso2carbon</KeyAlias><KeyPassword>a&amp;b</KeyPassword>
    </KeyStore>
    INTERNAL
    <TrustStore><Location>\${carbon.home}/client-truststore.jks</Location><Password>wso2carbon</Password></TrustStore>
  </Security>
  EXTRA
</Server>`;

const IDENTITY = `<Server xmlns="http://wso2.org/projects/carbon/carbon.xml">
  <OAuth>
    <TokenPersistenceProcessor>PROCESSOR</TokenPersistenceProcessor>
    <HashAlgorithm>SHA-1</HashAlgorithm>
  </OAuth>
</Server>`;

function writeXml(
  changes: { internal?: string; extra?: string; processor?: string; identity?: string } = {},
): void {
  const {
    internal = "",
    extra = "",
    processor = "",
    identity = "repository/conf/identity/identity.xml",
  } = changes;
  write("repository/conf/carbon.xml", CARBON.replace("INTERNAL", internal).replace("EXTRA", extra));
  write(identity, IDENTITY.replace("PROCESSOR", processor));
}

describe("readHomeKeys of a server with carbon.xml", () => {
  const PRIMARY = { alias: "wso2carbon", storePassword: "12345678", keyPassword: "a&b" };

  it.each(["repository/conf/identity/identity.xml", "repository/conf/identity.xml"])(
    "reads the keystore and, from %s, the processor",
    (identity) => {
      writeXml({ processor: `${PROCESSORS}.EncryptionDecryptionPersistenceProcessor`, identity });
      expect(readHomeKeys(home)).toEqual({
        settings: {
          processor: "encrypted",
          hashAlgorithm: "SHA-1",
          encryption: "asymmetric",
          keystores: [{ path: join(home, SECURITY, "wso2carbon.jks"), ...PRIMARY }],
          symmetricKeys: [],
        },
        problems: [],
      });
    },
  );

  it("puts the internal keystore first and leaves out one that is the primary again", () => {
    const internal = (file: string): string =>
      `<InternalKeyStore><Location>\${carbon.home}/${SECURITY}/${file}</Location><Password>p</Password><KeyAlias>WSO2carbon</KeyAlias></InternalKeyStore>`;
    writeXml({ internal: internal("internal.jks") });
    expect(readHomeKeys(home).settings.keystores).toEqual([
      { path: join(home, SECURITY, "internal.jks"), alias: "WSO2carbon", storePassword: "p" },
      { path: join(home, SECURITY, "wso2carbon.jks"), ...PRIMARY },
    ]);
    writeXml({ internal: internal("wso2carbon.jks") });
    expect(readHomeKeys(home).settings.keystores).toHaveLength(1);
  });

  it("reads the symmetric key of the crypto service and that of the servers before it", () => {
    write(`${SECURITY}/symmetric-key.properties`, "# key\nsymmetric.key = sixteen-byte-key\n");
    writeXml({
      extra: `<CryptoService><InternalCryptoProviderClassName>${SYMMETRIC}</InternalCryptoProviderClassName><Secret>9F3C01D47B2A88E65540CE1BF8A7D263</Secret></CryptoService>
        <SymmetricEncryption><IsEnabled>true</IsEnabled></SymmetricEncryption>`,
    });
    expect(readHomeKeys(home)).toMatchObject({
      settings: {
        encryption: "symmetric",
        symmetricKeys: [{ text: "9F3C01D47B2A88E65540CE1BF8A7D263" }, { text: "sixteen-byte-key" }],
      },
      problems: [],
    });
  });

  it("says what is in the Secure Vault instead of taking the stand-in for a password", () => {
    const carbon = CARBON.replace("INTERNAL", "")
      .replace("EXTRA", "<SymmetricEncryption><IsEnabled>true</IsEnabled></SymmetricEncryption>")
      .replace(
        "<Password>12345678</Password>",
        '<Password svns:secretAlias="Carbon.Security.KeyStore.Password" xmlns:svns="http://org.wso2.securevault/configuration">password</Password>',
      );
    write("repository/conf/carbon.xml", carbon);
    write("repository/conf/identity/identity.xml", IDENTITY.replace("PROCESSOR", ""));
    const file = join(home, "repository/conf/carbon.xml");
    expect(readHomeKeys(home)).toEqual({
      settings: {
        processor: "plain",
        hashAlgorithm: "SHA-1",
        encryption: "asymmetric",
        keystores: [],
        symmetricKeys: [],
      },
      problems: [
        {
          file,
          key: "Server/Security/KeyStore/Password",
          what: "is in the Secure Vault of the server; give it in sync.properties",
        },
        { file, key: "Server/Security/KeyStore", what: "has no password that can be read" },
        {
          file: join(home, SECURITY, "symmetric-key.properties"),
          key: "symmetric.key",
          what: "is missing or in the Secure Vault; give the symmetric key in sync.properties",
        },
      ],
    });
  });

  it("says that identity.xml is missing and that carbon.xml is not XML", () => {
    write("repository/conf/carbon.xml", "<Server><Security></Server>");
    expect(readHomeKeys(home).problems).toEqual([
      { file: join(home, "repository/conf/carbon.xml"), key: "", what: "is not valid XML" },
      {
        file: join(home, "repository/conf/identity/identity.xml"),
        key: "",
        what: "is missing; it says how tokens are stored",
      },
    ]);
  });
});

it("says that a directory is no home of a server", () => {
  expect(readHomeKeys(join(home, "absent"))).toEqual({
    settings: {},
    problems: [
      {
        file: join(home, "absent"),
        key: "",
        what: "holds neither repository/conf/deployment.toml nor repository/conf/carbon.xml",
      },
    ],
  });
});
