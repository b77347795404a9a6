import { isStepBetween } from "../config/versions.ts";
import type { Key } from "../contract/change.ts";
import { readRows, valuesIn } from "../contract/read-rows.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import { recogniseStored, type StoredForm } from "../transform/crypto/stored-form.ts";
import { isTotpKey } from "../transform/stored-value.ts";
import type { Check, Outcome } from "./check.ts";
import type { DoctorContext } from "./doctor-context.ts";

const TABLE = "IDN_IDENTITY_USER_DATA";
const PAGE = 1_000;
const MOST_ROWS = 20_000;

/** Forms that no 5.11.0 server reads, by the crypto provider that it is configured with (crypto-service 1.1.9). */
const UNREADABLE: Readonly<Record<"symmetric" | "asymmetric", readonly StoredForm["kind"][]>> = {
  symmetric: ["bare-rsa", "bare-aes", "rsa-envelope"],
  asymmetric: ["bare-aes", "gcm-envelope", "aes-envelope"],
};

/**
 * Whether green can read the one-time-password secrets that WSO2's migration was to encrypt anew: it leaves all of them on
 * PostgreSQL, where it fails without a word, and those of sources up to 5.4.0 everywhere.
 */
export const totpCheck: Check = {
  id: "target.totp-secrets",
  group: "tables",
  title: "one-time-password secrets that green's server can read",
  cheap: false,
  // Of the way forward alone.
  applies: ({ direction }) => direction !== "back",
  run: unreadableSecrets,
};

async function unreadableSecrets({ request, planned, target }: DoctorContext): Promise<Outcome> {
  const provider = request.targetEncryption ?? "symmetric";
  const wanted = `none that 5.11.0 cannot read with its ${provider} key`;
  const table = (await planned()).tables.find(({ name }) => name === TABLE);
  const isMigrated = isStepBetween("5.11.0", request.sourceVersion, request.targetVersion);
  if (table === undefined || table.awaitsRestore || !isMigrated)
    return { status: "ok", found: "not synced between these versions", wanted };
  const { count, looked, isAll } = await countUnreadable(table, target, UNREADABLE[provider]);
  const range = isAll ? `${looked} rows` : `the first ${looked} rows`;
  if (count === 0) return { status: "ok", found: `none in ${range}`, wanted };
  const text =
    "Give the keys of both servers (source.keystore.1.* or source.home, target.symmetricKey or target.home), then `sync-tool verify --repair`: it encrypts them for green; users who are not repaired would have to enrol their app anew";
  return {
    status: "warn",
    found: `${count} secrets in ${range} are encrypted as the source's server does it`,
    wanted,
    mend: [{ on: "elsewhere", text }],
  };
}

async function countUnreadable(
  table: TablePlan,
  target: DoctorContext["target"],
  unreadable: readonly StoredForm["kind"][],
): Promise<{ readonly count: number; readonly looked: number; readonly isAll: boolean }> {
  const [dialect, db] = [await target.dialect(), await target.db()];
  const key = table.key.map((column) => column.target);
  const named = ["DATA_KEY", "DATA_VALUE"];
  const columns = table.targetColumns.map((column) => column.target);
  const read = columns.filter((column) => key.includes(column) || named.includes(column.name.toUpperCase()));
  let after: Key | undefined;
  let [count, looked] = [0, 0];
  while (looked < MOST_ROWS) {
    const rows = await readRows(
      { dialect, db },
      dialect.sql.readKeyRange(table.target.name, read, key, after, PAGE),
      read,
    );
    for (const { DATA_KEY: dataKey, DATA_VALUE: secret } of rows) {
      if (!isTotpKey(dataKey) || typeof secret !== "string") continue;
      if (unreadable.includes(recogniseStored(secret).kind)) count += 1;
    }
    looked += rows.length;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return { count, looked, isAll: true };
    after = valuesIn(key, last);
  }
  return { count, looked, isAll: false };
}
