import { afterEach, expect, test } from "vitest";
import type { IsVersion } from "../../src/config/versions.ts";
import type { Row } from "../../src/row.ts";
import { openCryptoPool } from "../../src/transform/crypto/crypto-pool.ts";
import type { KeyProfiles } from "../../src/transform/crypto/key-config.ts";
import type { Processor, SourceProfile, TargetProfile } from "../../src/transform/crypto/profile.ts";
import { readByKeys } from "../../src/transform/read-values.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { aesKey, rsaKey, stored } from "../support/crypto-vectors.ts";
import { describeDialects } from "../support/dialects.ts";
import { openAsymmetric, openSymmetric } from "../support/open-stored.ts";
import { createTables } from "../support/wso2-tables.ts";

const TOKENS = "IDN_OAUTH2_ACCESS_TOKEN";
const CODES = "IDN_OAUTH2_AUTHORIZATION_CODE";
const USER_DATA = "IDN_IDENTITY_USER_DATA";

/** The plaintexts of the vectors: an access token, a refresh token, a one-time-password secret. */
const ACCESS = "4a1c3f0e-7d52-3b8e-9a64-1f2e3d4c5b6a";
const REFRESH = "9e8d7c6b-5a49-3827-b615-04f3e2d1c0b9";
const SECRET = "KRSXG5CTMVRXEZLU";
/** By `printf %s <token> | sha256sum`. */
const ACCESS_HEX = "f4a8e941a2d2d9c286afafac061d20158691dcd2e65192c4cbf83b953f6f2a5b";
const REFRESH_HEX = "da4bef2e4dadee580989a8ab28c03df2e339a7704968006241b486656bcd9320";
const ACCESS_HASH = `{"hash":"${ACCESS_HEX}","algorithm":"SHA-256"}`;
const REFRESH_HASH = `{"hash":"${REFRESH_HEX}","algorithm":"SHA-256"}`;

const KEYS = { rsa: [rsaKey("primary"), rsaKey("multi")], symmetric: [aesKey("own32")] };
const SYMMETRIC = { kind: "symmetric", key: aesKey("default32") } as const;
const ASYMMETRIC = { kind: "asymmetric", key: rsaKey("primary") } as const;
const TARGETS: Readonly<Record<string, TargetProfile>> = {
  plain: { processor: "plain", hashAlgorithm: "SHA-256", encryption: SYMMETRIC },
  hashed: { processor: "hashed", hashAlgorithm: "SHA-256", encryption: SYMMETRIC },
  symmetric: { processor: "encrypted", hashAlgorithm: "SHA-256", encryption: SYMMETRIC },
  asymmetric: { processor: "encrypted", hashAlgorithm: "SHA-256", encryption: ASYMMETRIC },
};

/** A token as a source stores it: the texts of its columns. */
interface StoredToken {
  readonly id: string;
  readonly access: string;
  readonly refresh: string | null;
  readonly accessHash?: string;
  readonly refreshHash?: string;
}

const vectorPair = (form: string): StoredToken => ({
  id: form,
  access: stored(`${form}-accessToken`),
  refresh: stored(`${form}-refreshToken`),
});
/** Every encrypted form that a 5.x source may hold. */
const ENCRYPTED: readonly StoredToken[] = [
  ...["rsa-raw-primary", "rsa-pkcs1-bare", "rsa-oaep-sha1-bare", "rsa-pkcs1-selfcontained"].map(vectorPair),
  ...["rsa-oaep-sha1", "rsa-oaep-sha1-altname", "rsa-oaep-sha256"].map(vectorPair),
  ...["aes-ecb-bare", "aes-ecb-selfcontained"].map(vectorPair),
  { id: "gcm", access: stored("aes-gcm-own32-accessToken"), refresh: null },
  { id: "gcm-target", access: stored("aes-gcm-default32-accessToken"), refresh: null },
  { id: "gcm-iv128", access: stored("aes-gcm-iv128"), refresh: null },
  { id: "internal", access: stored("rsa-oaep-sha1-internal-keystore"), refresh: null },
  { id: "raw-envelope", access: stored("rsa-raw-selfcontained-accessToken"), refresh: null },
  // The two values of a row are judged each on its own.
  {
    id: "mixed",
    access: stored("rsa-raw-primary-accessToken"),
    refresh: stored("rsa-oaep-sha1-refreshToken"),
  },
];
/** Those which a server with the keystore based provider reads as they are, whatever their transformation. */
const KEPT = new Set(
  ENCRYPTED.filter(({ id }) => /selfcontained|oaep-sha1$|altname|sha256|raw-envelope/.test(id)).flatMap(
    ({ access, refresh }) => [access, refresh],
  ),
);
const KEPT_TEXTS = new Map(
  ENCRYPTED.flatMap(({ access, refresh }) => [[access, ACCESS] as const, [refresh, REFRESH] as const]),
);
const PLAIN: readonly StoredToken[] = [
  { id: "plain", access: ACCESS, refresh: REFRESH },
  { id: "plain-alone", access: ACCESS, refresh: null },
];
const HASHED: readonly StoredToken[] = [
  {
    id: "hex",
    access: ACCESS_HEX,
    refresh: REFRESH_HEX,
    accessHash: ACCESS_HEX,
    refreshHash: REFRESH_HEX,
  },
  {
    id: "json",
    access: ACCESS_HASH,
    refresh: REFRESH_HASH,
    accessHash: ACCESS_HASH,
    refreshHash: REFRESH_HASH,
  },
  { id: "json-alone", access: ACCESS_HASH, refresh: null, accessHash: ACCESS_HASH },
];

const text = (value: string | null | undefined): string => (value == null ? "NULL" : `'${value}'`);
const insertToken = ({ id, access, refresh, accessHash, refreshHash }: StoredToken): string =>
  `INSERT INTO ${TOKENS} (TOKEN_ID, ACCESS_TOKEN, REFRESH_TOKEN, AUTHZ_USER, TENANT_ID, USER_DOMAIN, TIME_CREATED, REFRESH_TOKEN_TIME_CREATED, TOKEN_STATE, ACCESS_TOKEN_HASH, REFRESH_TOKEN_HASH) ` +
  `VALUES ('${id}', '${access}', ${text(refresh)}, 'ann', -1234, 'PRIMARY', '2020-01-01 00:00:00', '2020-01-01 00:00:00', 'ACTIVE', ${text(accessHash)}, ${text(refreshHash)})`;
const insertCode = ({ id, access, accessHash }: StoredToken): string =>
  `INSERT INTO ${CODES} (CODE_ID, AUTHORIZATION_CODE, TENANT_ID, USER_DOMAIN, TIME_CREATED, AUTHORIZATION_CODE_HASH) ` +
  `VALUES ('${id}', '${access}', -1234, 'PRIMARY', '2020-01-01 00:00:00', ${text(accessHash)})`;
const TOTP = [
  ["secretkey", "rsa-raw-primary-totpSecret"],
  ["verifySecretkey", "rsa-oaep-sha1-totpSecret"],
] as const;
const insertUserData = (claim: string, value: string): string =>
  `INSERT INTO ${USER_DATA} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) VALUES (-1234, 'ann', 'http://wso2.org/claims/identity/${claim}', '${value}')`;

/** Begins every journal anew, as a restored checkpoint would. */
const FROM_THE_START = [TOKENS, CODES, USER_DATA].map(
  (table) => `UPDATE ${table.slice(0, 27)}_SV SET SYNC_ID = 0, DIGEST = ''`,
);

describeDialects("A source with stored tokens", (dialect) => {
  let pair: BlueGreen | undefined;
  let closePool: (() => Promise<void>) | undefined;
  afterEach(async () => {
    await pair?.close();
    await closePool?.();
    pair = undefined;
  });

  async function open(
    version: IsVersion,
    source: Partial<SourceProfile>,
    target: TargetProfile,
  ): Promise<BlueGreen> {
    const profiles: KeyProfiles = {
      source: { processor: "plain", hashAlgorithm: "SHA-256", keys: KEYS, mixedRows: false, ...source },
      target,
    };
    const pool = openCryptoPool(profiles);
    closePool = () => pool.close();
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: version,
      sourceSchema: createTables(dialect.name, version),
      targetSchema: [
        ...createTables(dialect.name, "5.11.0"),
        "INSERT INTO IDP (ID, TENANT_ID, NAME, UUID) VALUES (7, -1234, 'LOCAL', 'u')",
      ],
      tables: [TOKENS, CODES, USER_DATA],
      keys: { profiles, readValues: readByKeys(pool) },
    });
    await pair.prepare();
    return pair;
  }
  const byId = (rows: readonly Row[], key: string): Record<string, Row> =>
    Object.fromEntries(rows.map((row) => [String(row[key]), row]));

  /** What the target's server reads: the text itself, or its plaintext opened with another program than ours. */
  const opened = (value: Row[string] | undefined, target: TargetProfile): unknown => {
    if (typeof value !== "string" || target.processor !== "encrypted") return value;
    if (target.encryption?.kind === "asymmetric" && KEPT.has(value)) return KEPT_TEXTS.get(value);
    return target.encryption?.kind === "asymmetric" && "privateKey" in target.encryption.key
      ? openAsymmetric(value, target.encryption.key.privateKey)
      : openSymmetric(value, SYMMETRIC.key);
  };

  const STORED_COLUMNS = ["ACCESS_TOKEN", "REFRESH_TOKEN", "AUTHORIZATION_CODE"];
  /** Every row of the target, its encrypted values opened; those that a source's row had word for word stay as they are. */
  async function readable(green: BlueGreen, target: TargetProfile): Promise<readonly unknown[]> {
    const given = new Set(
      [...(await green.rows("source", TOKENS)), ...(await green.rows("source", CODES))].flatMap((row) =>
        STORED_COLUMNS.map((column) => row[column]),
      ),
    );
    const open = (value: Row[string] | undefined, profile: TargetProfile): unknown =>
      given.has(value) ? value : opened(value, profile);
    const tokens = [...(await green.rows("target", TOKENS)), ...(await green.rows("target", CODES))].map(
      (row) => ({
        ...row,
        ...Object.fromEntries(STORED_COLUMNS.filter((c) => c in row).map((c) => [c, open(row[c], target)])),
      }),
    );
    const secrets = (await green.rows("target", USER_DATA)).map((row) => {
      const isSecret = String(row["DATA_KEY"]).toLowerCase().endsWith("secretkey");
      const value = row["DATA_VALUE"];
      return { ...row, DATA_VALUE: isSecret ? opened(value, { ...target, processor: "encrypted" }) : value };
    });
    return [...tokens, ...secrets].map((row) => JSON.stringify(row)).sort();
  }
  /** Applies the whole journal once more and expects every row as it was. */
  async function applyTwice(green: BlueGreen, target: TargetProfile): Promise<void> {
    const once = await readable(green, target);
    await green.target.test.exec(FROM_THE_START);
    await green.run({ batchSize: 4 });
    expect(await readable(green, target)).toEqual(once);
  }

  const cells: readonly [Processor, IsVersion, string, readonly StoredToken[]][] = [
    ...Object.keys(TARGETS).map(
      (to) => ["plain", "5.7.0", to, PLAIN] as [Processor, IsVersion, string, typeof PLAIN],
    ),
    ["hashed", "5.6.0", "hashed", HASHED],
    ...Object.keys(TARGETS).map(
      (to) =>
        [
          "encrypted",
          "5.5.0",
          to,
          // The one row that is in a symmetric target's own key already.
          ENCRYPTED.filter(({ id }) => to !== "asymmetric" || id !== "gcm-target"),
        ] as [Processor, IsVersion, string, typeof PLAIN],
    ),
  ];
  test.each(cells)(
    "%s, of %s, fills a target that stores them %s, and fills it alike a second time",
    async (processor, version, to, tokens) => {
      const target = TARGETS[to] as TargetProfile;
      const green = await open(version, { processor }, target);
      const { source, run, rows } = green;

      await source.test.exec([
        ...tokens.flatMap((token) => [insertToken(token), insertCode(token)]).map(alone),
        ...TOTP.map(([claim, vector]) => insertUserData(claim, stored(vector))),
        insertUserData("lastLogonTime", stored("rsa-raw-primary-totpSecret")),
      ]);
      await run({ batchSize: 4 });

      const found = byId(await rows("target", TOKENS), "TOKEN_ID");
      const codes = byId(await rows("target", CODES), "CODE_ID");
      expect(Object.keys(found).sort()).toEqual(tokens.map(({ id }) => id).sort());
      for (const { id, refresh } of tokens) {
        expect(found[id], id).toMatchObject({
          ACCESS_TOKEN_HASH: ACCESS_HASH,
          REFRESH_TOKEN_HASH: refresh && REFRESH_HASH,
          IDP_ID: "7",
        });
        const asStored = (plaintext: string, hash: string): string => (to === "hashed" ? hash : plaintext);
        expect(opened(found[id]?.["ACCESS_TOKEN"], target), id).toBe(asStored(ACCESS, ACCESS_HASH));
        expect(opened(found[id]?.["REFRESH_TOKEN"], target), id).toBe(
          refresh && asStored(REFRESH, REFRESH_HASH),
        );
        expect(opened(codes[id]?.["AUTHORIZATION_CODE"], target), id).toBe(asStored(ACCESS, ACCESS_HASH));
        expect(codes[id]?.["AUTHORIZATION_CODE_HASH"], id).toBe(ACCESS_HASH);
      }
      // Secrets of one-time passwords are encrypted whatever becomes of the tokens; other claims are left alone.
      const data = byId(await rows("target", USER_DATA), "DATA_KEY");
      const secret = (claim: string) => data[`http://wso2.org/claims/identity/${claim}`]?.["DATA_VALUE"];
      for (const [claim] of TOTP) {
        expect(opened(secret(claim), { ...target, processor: "encrypted" })).toBe(SECRET);
      }
      expect(secret("lastLogonTime")).toBe(stored("rsa-raw-primary-totpSecret"));
      await applyTwice(green, target);
    },
  );

  test("in its own form keeps it word for word: same key, same envelope", async () => {
    const asymmetric = await open(
      "5.7.0",
      { processor: "encrypted" },
      TARGETS["asymmetric"] as TargetProfile,
    );
    await asymmetric.source.test.exec(
      [
        insertToken(vectorPair("rsa-oaep-sha1")),
        insertToken({ id: "gcm", access: stored("aes-gcm-own32-accessToken"), refresh: null }),
      ].map(alone),
    );
    await asymmetric.run();
    const found = byId(await asymmetric.rows("target", TOKENS), "TOKEN_ID");
    expect(found["rsa-oaep-sha1"]).toMatchObject({
      ACCESS_TOKEN: stored("rsa-oaep-sha1-accessToken"),
      REFRESH_TOKEN: stored("rsa-oaep-sha1-refreshToken"),
    });
    expect(openAsymmetric(String(found["gcm"]?.["ACCESS_TOKEN"]), ASYMMETRIC.key.privateKey)).toBe(ACCESS);
  });

  // Nothing but a hash can be made of a hash, and nothing can be read that is in a key of the target alone.
  const mixed: readonly [string, number, readonly StoredToken[]][] = [
    ["hashed", 20, [...PLAIN, ...HASHED, ...ENCRYPTED]],
    ["plain", 17, [...PLAIN, ...ENCRYPTED]],
    ["symmetric", 17, [...PLAIN, ...ENCRYPTED]],
    ["asymmetric", 16, [...PLAIN, ...ENCRYPTED.filter(({ id }) => id !== "gcm-target")]],
  ];
  test.each(mixed)(
    "in several forms after a half-done change of processors is judged row by row for a target that stores them %s, %s rows",
    async (to, count, tokens) => {
      const target = TARGETS[to] as TargetProfile;
      const green = await open("5.6.0", { processor: "encrypted", mixedRows: true }, target);
      await green.source.test.exec(tokens.map((token) => alone(insertToken(token))));
      await green.run({ batchSize: 7 });
      const found = await green.rows("target", TOKENS);
      expect(found).toHaveLength(count);
      for (const row of found) {
        expect(row["ACCESS_TOKEN_HASH"], String(row["TOKEN_ID"])).toBe(ACCESS_HASH);
        expect(opened(row["ACCESS_TOKEN"], target), String(row["TOKEN_ID"])).toBe(
          to === "hashed" ? ACCESS_HASH : ACCESS,
        );
      }
      await applyTwice(green, target);
    },
  );

  test("sets a row aside that no key opens, says why without its value, and carries the others over", async () => {
    const target = TARGETS["plain"] as TargetProfile;
    const { source, run, rows } = await open("5.5.0", { processor: "encrypted" }, target);
    const unreadable = [stored("rsa-oaep-wrong-key"), stored("aes-gcm-tampered-tag"), ACCESS];
    await source.test.exec([
      insertToken(vectorPair("rsa-raw-primary")),
      ...unreadable.map((access, n) => alone(insertToken({ id: `bad-${n}`, access, refresh: null }))),
    ]);
    const told: unknown[] = [];
    await expect(
      run({
        events: {
          deadLetter: (table, position, { code, reason }) => told.push({ table, position, code, reason }),
        },
      }),
    ).rejects.toMatchObject({ code: "DEAD_LETTERS_LEFT" });
    const because = (position: bigint, reason: string) => ({
      table: TOKENS,
      position,
      code: "TRANSFORM_FAILED",
      reason: expect.stringContaining(`ACCESS_TOKEN: ${reason}`),
    });
    expect(told).toEqual([
      because(2n, "no configured RSA key opens the value"),
      because(3n, "no configured symmetric key opens the value"),
      because(4n, "the source is configured as encrypted, but the value is plain"),
    ]);
    expect(JSON.stringify(told, (_, one) => (typeof one === "bigint" ? `${one}` : one))).not.toContain(
      ACCESS.slice(0, 8),
    );
    expect((await rows("target", TOKENS)).map((row) => row["ACCESS_TOKEN"])).toEqual([ACCESS]);
  });

  test("gives the same tokens when its journal is applied a second time", async () => {
    const target = TARGETS["symmetric"] as TargetProfile;
    const { source, target: green, run, rows } = await open("5.5.0", { processor: "encrypted" }, target);
    await source.test.exec([
      ...ENCRYPTED.map((token) => alone(insertToken(token))),
      insertUserData("secretkey", stored("rsa-raw-primary-totpSecret")),
    ]);
    const readable = async (): Promise<Record<string, Row>> => {
      const plain = (row: Row, column: string): Row => ({
        [column]: opened(row[column], target) as Row[string],
      });
      const all = await rows("target", TOKENS);
      return byId(
        all.map((row) => ({ ...row, ...plain(row, "ACCESS_TOKEN"), ...plain(row, "REFRESH_TOKEN") }) as Row),
        "TOKEN_ID",
      );
    };
    await run();
    const once = await readable();
    expect(Object.keys(once)).toHaveLength(15);
    await green.test.exec(`UPDATE ${TOKENS.slice(0, 27)}_SV SET SYNC_ID = 0, DIGEST = ''`);
    await run();
    expect(await readable()).toEqual(once);
    // What was right already, in the target's own key, was not even encrypted anew.
    const kept = byId(await rows("target", TOKENS), "TOKEN_ID")["gcm-target"];
    expect(kept?.["ACCESS_TOKEN"]).toBe(stored("aes-gcm-default32-accessToken"));
  });
});

/** Rows of one user differ in what CON_APP_KEY is made of. */
function alone(insert: string): string {
  const id = /VALUES \('([^']+)'/.exec(insert)?.[1] ?? "";
  return insert.replace("'ann'", `'${id}'`);
}
