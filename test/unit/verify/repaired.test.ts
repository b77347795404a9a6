/** What a repair may touch: the rows as they are when it writes, under the checkpoint's lock, and no row that is not to go. */
import { describe, expect, test } from "vitest";
import { cascadeLinks } from "../../../src/plan/child-links.ts";
import type { Difference } from "../../../src/verify/difference.ts";
import { repairDifferences } from "../../../src/verify/repair.ts";
import { compareTable } from "../../../src/verify/table-comparison.ts";
import { comparePair } from "../../support/memory/compare.ts";
import {
  column,
  openPair,
  type Pair,
  PLAIN_ROWS,
  planOf,
  reference,
  schema,
  TOKENS,
  USERS,
} from "../../support/memory/pair.ts";

const user = (id: string, name = id) => ({ ID: id, NAME: name });
const token = (id: string, userId: string) => ({ ID: id, USER_ID: userId, VALUE: id });

const missing: Difference = { kind: "missing", side: "source", key: ["2"], columns: [] };
const extra: Difference = { kind: "extra", side: "target", key: ["2"], columns: [] };

function open(source: readonly Record<string, string>[], target: readonly Record<string, string>[]): Pair {
  const pair = openPair({ schemas: [USERS] });
  pair.source.db.tables.set(
    "USERS",
    source.map((row) => ({ ...row })),
  );
  pair.target.db.tables.set(
    "USERS",
    target.map((row) => ({ ...row })),
  );
  return pair;
}

async function repair(pair: Pair, deleteExtra: boolean, ...differences: readonly Difference[]) {
  const base = {
    table: pair.table("USERS"),
    source: pair.source,
    target: pair.target,
    rows: PLAIN_ROWS,
    isCaptured: true,
  };
  const signal = new AbortController().signal;
  await repairDifferences({ ...base, comparison: compareTable(base), deleteExtra, signal }, differences);
  return pair.rows("target", "USERS").map(({ ID, NAME }) => `${ID} ${NAME}`);
}

describe("a repair", () => {
  test("does not delete a row that was missing and is extra by the time, unless that is asked for", async () => {
    expect(await repair(open([], [user("2")]), false, missing)).toEqual(["2 2"]);
  });

  test("does not delete a row that was extra and that the source has by the time, alike or not", async () => {
    expect(await repair(open([user("2", "new")], [user("2")]), true, extra)).toHaveLength(1);
    expect(await repair(open([user("2")], [user("2")]), true, extra)).toEqual(["2 2"]);
    expect(await repair(open([], [user("2")]), true, extra)).toEqual([]);
  });

  test("writes what the source holds now", async () => {
    const pair = open([user("2", "now")], []);
    expect(await repair(pair, false, missing)).toEqual(["2 now"]);
  });

  test("writes under the lock of the checkpoint, so that no runner writes in between", async () => {
    const pair = open([user("2")], []);
    const rowsThen: number[] = [];
    pair.target.db.onStatement = (sql) => {
      if (sql.startsWith('UPDATE "USERS_SV" SET lane')) rowsThen.push(pair.rows("target", "USERS").length);
    };
    await repair(pair, false, missing);
    expect(rowsThen).toEqual([0]);
  });

  test("of more rows than one transaction takes tells and mends each once", async () => {
    const pair = open(
      Array.from({ length: 150 }, (_, i) => user(`${i}`)),
      [],
    );
    const { report, differences } = await comparePair(pair, { repair: { deleteExtra: false } });
    expect(report.tables).toMatchObject([{ missing: 150, repaired: 150 }]);
    expect(new Set(differences.map(({ key }) => key["ID"])).size).toBe(150);
  });

  test("deletes a parent without the rows below it that the source has elsewhere", async () => {
    const scopes = schema("SCOPES", [column("ID"), column("TOKEN_ID")], {
      foreignKeys: [reference("TOKEN_ID", "TOKENS", "cascade")],
    });
    const pair = openPair({ schemas: [USERS, TOKENS, scopes] });
    pair.seed("USERS", user("1"));
    pair.seed("SCOPES", { ID: "s", TOKEN_ID: "t" });
    pair.target.db.tables.get("USERS")?.push(user("9"));
    pair.source.db.tables.set("TOKENS", [token("t", "1")]);
    pair.target.db.tables.set("TOKENS", [token("t", "9")]);
    const links = cascadeLinks(pair.tables);
    const tables = pair.tables.map((table) => ({ ...table, takesAlong: links.get(table) ?? [] }));
    const { report } = await comparePair(pair, {
      plan: planOf([{ name: "USERS", tables }]),
      repair: { deleteExtra: true },
    });
    expect(report.tables).toMatchObject([
      { extra: 1, repaired: 1 },
      { different: 1, repaired: 1 },
      { repaired: 0 },
    ]);
    expect(pair.rows("target", "USERS")).toEqual([user("1")]);
    expect(pair.rows("target", "TOKENS")).toEqual([token("t", "1")]);
    expect(pair.rows("target", "SCOPES")).toEqual([{ ID: "s", TOKEN_ID: "t" }]);
  });
});
