import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { availableDialects } from "../support/dialects.ts";
import { verified } from "../support/verified.ts";
import { createTables } from "../support/wso2-tables.ts";

const USER_DATA = "IDN_IDENTITY_USER_DATA";

/** Names that languages, codes and collations put in different orders; no two that some collation takes for one. */
const NAMES = [
  "Émile",
  "emil-",
  "EMIL_2",
  "_zoë",
  "Zora",
  "a.b",
  "A-C",
  "ab",
  "Österreich",
  "o'neil",
  "@root",
  "10",
  "9",
  "ｆ",
].flatMap((name) => Array.from({ length: 30 }, (_, n) => `${name}/${n % 3}.${n}`));
const insert = (names: readonly string[]): string =>
  `INSERT INTO ${USER_DATA} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) VALUES ${names
    .map((name) => `(1, '${name.replaceAll("'", "''")}', 'k', 'v')`)
    .join(", ")}`;

const dialects = availableDialects().filter(({ name }) => name !== "mssql" && name !== "oracle");
const pairs = dialects.flatMap((source) =>
  dialects.filter(({ name }) => name !== source.name).map((target) => ({ source, target })),
);

if (pairs.length === 0) test.skip("Verify between two products: skipped, there is only one", () => undefined);

describe.each(pairs)(
  "Verify from $source.name to $target.name, which order keys differently,",
  ({ source, target }) => {
    let pair: BlueGreen;

    beforeAll(async () => {
      pair = await openBlueGreen({
        source,
        target,
        sourceVersion: "5.11.0",
        sourceSchema: createTables(source.name, "5.11.0", [USER_DATA]),
        targetSchema: createTables(target.name, "5.11.0", [USER_DATA]),
        tables: [USER_DATA],
      });
      for (const side of [pair.source, pair.target]) await side.test.exec([insert(NAMES)]);
    });
    afterAll(() => pair.close());

    test("finds no difference where there is none, and each one where there are, whatever the size of its pages", async () => {
      const options = { patienceMs: 0 };
      const equal = await verified(pair, { ...options, pageSize: 7 });
      expect(equal.differences).toEqual([]);
      expect(equal.counts[USER_DATA]).toMatchObject({
        sourceRows: NAMES.length,
        targetRows: NAMES.length,
        unexplained: 0,
      });
      const at = (n: number): string => `WHERE USER_NAME = '${(NAMES[n] ?? "").replaceAll("'", "''")}'`;
      await pair.target.test.exec([
        ...[0, 95, 200].map((n) => `DELETE FROM ${USER_DATA} ${at(n)}`),
        ...[31, 150, 400].map((n) => `UPDATE ${USER_DATA} SET DATA_VALUE = 'damaged' ${at(n)}`),
        insert(["Émile/x", "zz", "!"]),
      ]);
      for (const pageSize of [7, 1_000]) {
        const { differences, counts } = await verified(pair, { ...options, pageSize });
        expect(differences.map(({ kind, key }) => `${kind} ${key["USER_NAME"]}`).sort()).toEqual(
          [
            ...[0, 95, 200].map((n) => `missing ${NAMES[n]}`),
            ...[31, 150, 400].map((n) => `different ${NAMES[n]}`),
            ...["extra Émile/x", "extra zz", "extra !"],
          ].sort(),
        );
        expect(counts[USER_DATA]).toMatchObject({ unexplained: 0, unread: 0 });
      }
    });
  },
);
