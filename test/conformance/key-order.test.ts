import { afterEach, expect, test } from "vitest";
import { rowSources } from "../../src/run/row-sources.ts";
import { verify } from "../../src/verify/verify.ts";
import type { VerifyOptions } from "../../src/verify/verify-options.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { withLocale } from "../support/charsets.ts";
import { describeDialects, type TestDialect } from "../support/dialects.ts";

const ROWS = 6_000;

async function verified(pair: BlueGreen, options: Partial<VerifyOptions> = {}): Promise<readonly string[]> {
  const plan = await pair.plan();
  const found: string[] = [];
  const report = await verify({
    plan,
    source: pair.source,
    target: pair.target,
    rowsFor: rowSources(plan, pair),
    patienceMs: 300,
    signal: new AbortController().signal,
    onDifference: ({ kind, key }) => found.push(`${kind} ${Object.values(key).join()}`),
    ...options,
  });
  const [source, target] = await Promise.all(
    (["source", "target"] as const).map((side) => pair[side].test.query("SELECT COUNT(*) AS N FROM K")),
  );
  expect(report.tables).toMatchObject([
    { sourceRows: Number(source?.[0]?.["N"]), targetRows: Number(target?.[0]?.["N"]) },
  ]);
  return found.sort();
}

/** Keys that each order sorts in its own way: by case, accents, marks, digits. */
const keyOf = (n: number): string => {
  const letters = ["a", "A", "b", "B", "é", "E", "ß", "ss", "_", "-", "ä", "Z", "z", "Ю", "日"];
  return `${letters[n % letters.length]}${n % 2 === 0 ? "-" : ""}${(n * 7919) % ROWS}`;
};

const LOCALES: Partial<Record<string, readonly (readonly [string, string])[]>> = {
  postgres: [
    [
      "ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'",
      "ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'en-US-u-kn'",
    ],
    [
      "ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'de-AT-u-co-phonebk'",
      "ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'sv-u-ka-shifted'",
    ],
  ],
};

describeDialects(
  "Two databases that sort keys differently",
  (dialect) => {
    let pair: BlueGreen;
    afterEach(() => pair.close());

    test.each(LOCALES[dialect.name] ?? [])(
      "have every difference found, and no other: %s, %s",
      { timeout: 240_000 },
      async (from, to) => {
        const schema = ["CREATE TABLE K (K varchar(40) PRIMARY KEY, V integer)"];
        pair = await openBlueGreen({
          source: withLocale(dialect, from),
          target: withLocale(dialect, to),
          sourceVersion: "5.11.0",
          sourceSchema: schema,
          targetSchema: schema,
          tables: ["K"],
        });
        // The catalogue tells nothing of it: digests of ranges are compared.
        const plan = await pair.table("K");
        expect(plan.source.columns.map(({ type }) => type)).toEqual(
          plan.target.columns.map(({ type }) => type),
        );
        const rows = Array.from({ length: ROWS }, (_, n) => `('${keyOf(n)}', ${n})`);
        for (const side of [pair.source, pair.target])
          await side.test.exec(`INSERT INTO K VALUES ${rows.join(", ")}`);
        expect(await verified(pair)).toEqual([]);
        const expected: string[] = [];
        for (let n = 5; n < ROWS; n += 611) {
          await pair.target.test.exec([
            `DELETE FROM K WHERE K = '${keyOf(n)}'`,
            `UPDATE K SET V = -1 WHERE K = '${keyOf(n + 1)}'`,
            `INSERT INTO K VALUES ('${keyOf(n + 2)}x', 0)`,
          ]);
          expected.push(`missing ${keyOf(n)}`, `different ${keyOf(n + 1)}`, `extra ${keyOf(n + 2)}x`);
        }
        expect(await verified(pair)).toEqual(expected.sort());
        expect(await verified(pair, { pageSize: 13 })).toEqual(expected);
      },
    );
  },
  ["postgres"],
);

describeDialects(
  "A key",
  (dialect) => {
    let pair: BlueGreen;
    afterEach(() => pair.close());

    const open = async (own: TestDialect, columns: string, key: string): Promise<void> => {
      const schema = [`CREATE TABLE K (${columns}, V INT, PRIMARY KEY (${key})) CHARACTER SET utf8mb4`];
      pair = await openBlueGreen({
        source: own,
        sourceVersion: "5.11.0",
        sourceSchema: schema,
        targetSchema: schema,
        tables: ["K"],
      });
    };

    test("of an ENUM, whose order is not that of its words, is paged through as a whole", async () => {
      await open(
        dialect,
        "E ENUM('zebra', 'ape', 'Mule', 'été') NOT NULL, S SET('b', 'a') NOT NULL, N INT NOT NULL",
        "E, S, N",
      );
      const rows = Array.from({ length: 400 }, (_, n) => `(${(n % 4) + 1}, ${n % 3}, ${n}, ${n})`);
      for (const side of [pair.source, pair.target])
        await side.test.exec(`INSERT INTO K VALUES ${rows.join(", ")}`);
      await pair.target.test.exec(["DELETE FROM K WHERE N = 7", "UPDATE K SET V = 0 WHERE N = 9"]);
      expect(await verified(pair, { pageSize: 3 })).toEqual(["different ape,,9", "missing été,b,7"]);
    });

    test("of numbers that a double cannot tell apart is found among others", async () => {
      await open(
        dialect,
        "B BIGINT NOT NULL, D DECIMAL(40,20) NOT NULL, U BIGINT UNSIGNED NOT NULL",
        "B, D, U",
      );
      const numbers = Array.from({ length: 40 }, (_, n) => 9007199254740990n + BigInt(n));
      const rows = numbers.map((n) => `(${n}, ${n}.00000000000000000001, ${n + 9007199254740990n}, 1)`);
      for (const side of [pair.source, pair.target])
        await side.test.exec(`INSERT INTO K VALUES ${rows.join(", ")}`);
      await pair.prepare();
      await pair.source.test.exec([
        "DELETE FROM K WHERE B % 3 = 0",
        "UPDATE K SET V = 2 WHERE B % 3 = 1",
        "UPDATE K SET U = U + 1000 WHERE B % 3 = 2",
      ]);
      await pair.run({ batchSize: 7 });
      expect(await pair.rows("target", "K")).toEqual(await pair.rows("source", "K"));
      expect(await verified(pair, { pageSize: 3 })).toEqual([]);
    });
  },
  ["mysql", "mariadb"],
);
