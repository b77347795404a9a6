/** What reading a table in order shows, from where another process could read on, and that it comes to an end. */
import { describe, expect, test } from "vitest";
import { SyncError } from "../../../src/errors.ts";
import type { RowSource } from "../../../src/transform/row-source.ts";
import { createAppliedPosition } from "../../../src/verify/applied-position.ts";
import type { Direction } from "../../../src/verify/difference.ts";
import { type ReadMergedOptions, readMerged } from "../../../src/verify/read-merged.ts";
import { findByKey, keyIn } from "../../../src/verify/read-rows.ts";
import { readSide } from "../../../src/verify/read-side.ts";
import type { ReadStep } from "../../../src/verify/read-step.ts";
import { createRowComparison } from "../../../src/verify/row-comparison.ts";
import { compareTable } from "../../../src/verify/table-comparison.ts";
import {
  column,
  openPair,
  type Pair,
  type PairOptions,
  PLAIN_ROWS,
  USERS,
} from "../../support/memory/pair.ts";

const user = (id: string, name = id) => ({ ID: id, NAME: name });

function open(options: PairOptions = {}): Pair {
  const pair = openPair({ schemas: [USERS], ...options });
  pair.seed("USERS", ...["1", "2", "3", "4", "5", "6"].map((id) => user(id)));
  return pair;
}

const baseOf = (pair: Pair, rows: RowSource = PLAIN_ROWS) => ({
  table: pair.table("USERS"),
  source: pair.source,
  target: pair.target,
  rows,
  isCaptured: true,
});

function merged(pair: Pair, rows?: RowSource, more: Partial<ReadMergedOptions> = {}) {
  const base = baseOf(pair, rows);
  return readMerged({
    ...base,
    ofRows: createRowComparison(base),
    applied: createAppliedPosition(base),
    cursor: {},
    limit: 3,
    mostAtOnce: 100,
    ...more,
  });
}

function one(pair: Pair, direction: Direction) {
  const base = baseOf(pair);
  const comparison = compareTable(base);
  return readSide({ comparison, applied: createAppliedPosition(base), direction, cursor: {}, limit: 2 });
}

async function all(steps: AsyncGenerator<ReadStep>): Promise<readonly ReadStep[]> {
  const found: ReadStep[] = [];
  for await (const step of steps) found.push(step);
  return found;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("both sides at the same time", () => {
  test("each row that is not alike is shown with the page of its side", async () => {
    const pair = open();
    pair.target.db.tables.set("USERS", [
      ...pair.rows("target", "USERS").filter(({ ID }) => ID !== "3"),
      user("x"),
    ]);
    Object.assign(pair.rows("target", "USERS").find(({ ID }) => ID === "5") ?? {}, { NAME: "other" });
    const prepare: RowSource["prepare"] = async () => (change) => {
      if (change.row["ID"] !== "2") return change.row;
      throw new SyncError("TRANSFORM_FAILED", { what: "USERS cannot be transformed: no key", next: "n" });
    };
    const steps = await all(merged(pair, { ...PLAIN_ROWS, isUnchanged: false, prepare }));
    const pages = steps.flatMap(({ found }) => found);
    const shown = pages.flatMap(({ differences }) => differences);
    expect(shown.sort((a, b) => (String(a.key) < String(b.key) ? -1 : 1))).toEqual([
      {
        kind: "untransformable",
        side: "source",
        key: ["2"],
        columns: [],
        reason: "no key",
        onTarget: "there",
      },
      { kind: "missing", side: "source", key: ["3"], columns: [] },
      { kind: "different", side: "source", key: ["5"], columns: ["NAME"] },
      { kind: "extra", side: "target", key: ["x"], columns: [] },
    ]);
    for (const { side, differences } of pages)
      expect(differences.every((difference) => difference.side === side)).toBe(true);
    expect(steps.at(-1)).toMatchObject({
      isDone: true,
      read: { source: 6, target: 6 },
      safe: { cursor: {}, read: { source: 6, target: 6 }, again: [] },
    });
  });

  test.each(["source", "target"] as const)(
    "a %s that lacks the first rows waits for the other side: no row behind them is looked for by its key",
    async (lacking) => {
      const pair = openPair({ schemas: [USERS] });
      pair.seed("USERS", ...Array.from({ length: 100 }, (_, i) => user(`${100 + i}`)));
      pair[lacking].db.tables.set("USERS", pair.rows(lacking, "USERS").slice(60));
      const steps = await all(merged(pair, PLAIN_ROWS, { limit: 5 }));
      const shown = steps.flatMap(({ found }) => found.flatMap(({ differences }) => differences));
      expect(shown.map(({ key }) => key[0])).toEqual(Array.from({ length: 60 }, (_, i) => `${100 + i}`));
    },
  );

  test("it comes to its end where ranges are compared by digests, and the last one differs", async () => {
    const pair = open({ onSource: { digests: true } });
    Object.assign(pair.target, { dialect: pair.source.dialect });
    Object.assign(pair.rows("target", "USERS").at(-1) ?? {}, { NAME: "other" });
    const steps = await all(merged(pair, PLAIN_ROWS, { limit: 4 }));
    expect(steps.map(({ isDone }) => isDone).filter(Boolean)).toEqual([true]);
    expect(steps.flatMap(({ found }) => found.flatMap(({ differences }) => differences))).toMatchObject([
      { kind: "different", key: ["6"] },
    ]);
  });

  test("no read is under way any more once it is left, so that the connections can be closed", async () => {
    const pair = open();
    let underWay = 0;
    for (const { db } of [pair.source, pair.target]) {
      const { query } = db;
      Object.assign(db, {
        query: async (...args: Parameters<typeof query>) => {
          underWay += 1;
          await turn();
          await turn();
          const rows = await query(...args);
          underWay -= 1;
          return rows;
        },
      });
    }
    for await (const { isDone } of merged(pair, PLAIN_ROWS, { limit: 1 })) {
      expect(isDone).toBe(false);
      break;
    }
    expect(underWay).toBe(0);
  });
});

describe("one side", () => {
  test("it can be read on behind each page, and every difference is shown with its page", async () => {
    const pair = open();
    pair.source.db.tables.set(
      "USERS",
      ["1", "2", "3"].map((id) => user(id)),
    );
    pair.target.db.tables.set(
      "USERS",
      ["1", "2", "4"].map((id) => user(id)),
    );
    const page = (side: Direction, kind: "missing" | "extra", key: string) => {
      const [here, there] = side === "source" ? ["source", "target"] : ["target", "source"];
      const read = (count: number) => ({ [here as string]: count, [there as string]: 0 });
      return [
        {
          read: read(2),
          found: [],
          leftOut: [],
          safe: { cursor: { [side]: ["2"] }, read: read(2), again: [] },
          isDone: false,
        },
        {
          read: read(3),
          found: [{ side, start: ["2"], from: 0n, differences: [{ kind, side, key: [key], columns: [] }] }],
          leftOut: [],
          safe: { cursor: {}, read: read(3), again: [] },
          isDone: true,
        },
      ];
    };
    expect(await all(one(pair, "source"))).toEqual(page("source", "missing", "3"));
    expect(await all(one(pair, "target"))).toEqual(page("target", "extra", "4"));
  });
});

describe("keys are looked for", () => {
  const usersOf = (names: readonly string[], equality: "exact" | "insensitive") => {
    const pair = openPair({ schemas: [{ ...USERS, columns: [column("ID", { equality }), column("NAME")] }] });
    pair.seed("USERS", ...names.map((name) => user(name)));
    const key = [column("ID", { equality })];
    const asked: string[] = [];
    pair.source.db.onStatement = (sql) => void asked.push(sql);
    const set = { ...pair.source, table: "USERS", key, columns: key };
    const find = async (...keys: readonly string[]) =>
      (
        await findByKey(
          set,
          keys.map((text) => [text]),
          ([text]) => String(text),
        )
      ).map((row) => row && keyIn(set, row)[0]);
    return { find, asked };
  };

  test("all by one statement, those that are not there among them", async () => {
    const { find, asked } = usersOf(["a", "b", "c"], "exact");
    expect(await find("c", "x", "a", "b")).toEqual(["c", undefined, "a", "b"]);
    expect(asked).toHaveLength(1);
  });

  test("in the database's own sense, where it takes another spelling for the same", async () => {
    const { find } = usersOf(["Ann", "bob"], "insensitive");
    expect(await find("bob", "ANN", "eve")).toEqual(["bob", "Ann", undefined]);
  });
});
