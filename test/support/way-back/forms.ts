/** How the servers of a life store tokens and one-time-password secrets: what users' values become, and what they are again. */
import { createHash } from "node:crypto";
import type { Row } from "../../../src/row.ts";
import { backProfiles } from "../../../src/transform/crypto/back-profiles.ts";
import { openCryptoPool } from "../../../src/transform/crypto/crypto-pool.ts";
import type { KeyProfiles } from "../../../src/transform/crypto/key-config.ts";
import type { Processor } from "../../../src/transform/crypto/profile.ts";
import { writeAsymmetric, writeSymmetric } from "../../../src/transform/crypto/write-stored.ts";
import { readByKeys } from "../../../src/transform/read-values.ts";
import { aesKey, rsaKey } from "../crypto-vectors.ts";
import { openAsymmetric, openSymmetric } from "../open-stored.ts";

type Side = "blue" | "green";

const BLUE_KEY = rsaKey("primary");
const GREEN_KEY = aesKey("default32");
const SECRET_KEY = "http://wso2.org/claims/identity/secretkey";

/** The hash column from 5.7.0 on. */
const hashed = (text: string): string =>
  `{"hash":"${createHash("sha256").update(text, "utf8").digest("hex")}","algorithm":"SHA-256"}`;
function encrypted(side: Side, text: string): string {
  const value = side === "blue" ? writeAsymmetric(text, BLUE_KEY) : writeSymmetric(text, GREEN_KEY);
  if (value === undefined) throw new Error(`${text} is too long for the key`);
  return value;
}
const opened = (side: Side, value: string): string =>
  side === "blue" ? openAsymmetric(value, BLUE_KEY.privateKey) : openSymmetric(value, GREEN_KEY);

/** A statement of a life as a server of the side that stores tokens so gives it. */
export function inForm(side: Side, processor: Processor, sql: string): string {
  if (processor === "plain") return sql;
  const token = (text: string): string =>
    `'${processor === "hashed" ? hashed(text) : encrypted(side, text)}'`;
  return sql
    .replace(
      /\) VALUES \('([^']+)', '(at-\d+)', '(rt [^']+)', (.*)\)$/u,
      (_all, id: string, access: string, refresh: string, rest: string) =>
        `, ACCESS_TOKEN_HASH, REFRESH_TOKEN_HASH) VALUES ('${id}', ${token(access)}, ${token(refresh)}, ${rest}, '${hashed(access)}', '${hashed(refresh)}')`,
    )
    .replace(
      /REFRESH_TOKEN = '(touched \d+)'/,
      (_all, text: string) => `REFRESH_TOKEN = ${token(text)}, REFRESH_TOKEN_HASH = '${hashed(text)}'`,
    )
    .replace(/'key', '(value \d+)'/, (_all, text: string) => `'${SECRET_KEY}', '${encrypted(side, text)}'`)
    .replace(/DATA_VALUE = '(set \d+)'/, (_all, text: string) => `DATA_VALUE = '${encrypted(side, text)}'`);
}

/** A row with its encrypted values opened, by other code than that which wrote them. */
export function readable(side: Side, processor: Processor, row: Row): Row {
  const isOpened = (column: string): boolean =>
    (processor === "encrypted" && /^(ACCESS|REFRESH)_TOKEN$/.test(column)) ||
    (processor !== "plain" && column === "DATA_VALUE");
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => [
      column,
      isOpened(column) && typeof value === "string" ? opened(side, value) : value,
    ]),
  );
}

/** The keys of both directions, as the commands open them; nothing of 5.9.0's or 5.11.0's is stored otherwise than `processor` says. */
export function openForms(processor: Processor) {
  const forward: KeyProfiles = {
    source: {
      processor,
      hashAlgorithm: "SHA-256",
      keys: { rsa: [BLUE_KEY], symmetric: [] },
      mixedRows: false,
    },
    target: { processor, hashAlgorithm: "SHA-256", encryption: { kind: "symmetric", key: GREEN_KEY } },
  };
  const open = (profiles: KeyProfiles) => {
    const pool = openCryptoPool(profiles);
    return { pool, keys: { profiles, readValues: readByKeys(pool) } };
  };
  const [there, back] = processor === "plain" ? [] : [open(forward), open(backProfiles(forward, "5.9.0"))];
  return {
    forward: there?.keys,
    back: back?.keys,
    async close(): Promise<void> {
      await there?.pool.close();
      await back?.pool.close();
    },
  };
}
