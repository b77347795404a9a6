/** What verify leaves for `drain --verified-within`: who switches by it must not go by a comparison that was not made. */
import { describe, expect, it } from "vitest";
import type { Log } from "../../../src/log.ts";
import { readEntry, stateTable } from "../../../src/state/state.ts";
import { NO_COUNTS } from "../../../src/verify/progress-state.ts";
import { recordVerdict } from "../../../src/verify/record-verdict.ts";
import type { TableCounts } from "../../../src/verify/table-counts.ts";
import { MemoryError } from "../../support/memory/database.ts";
import { openPair, type Pair, planOfPair } from "../../support/memory/pair.ts";

const counts = (table: string, more: Partial<TableCounts> = {}): TableCounts => ({
  ...NO_COUNTS,
  table,
  sourceRows: 5,
  targetRows: 5,
  onTheirWay: 0,
  ownClaims: 0,
  unexplained: 0,
  unread: 0,
  readFrom: null,
  readTo: null,
  isBeingCopied: false,
  ...more,
});

async function record(
  pair: Pair,
  tables: readonly TableCounts[],
  complete = true,
): Promise<{ readonly remembered: unknown; readonly warned: readonly unknown[] }> {
  const warned: unknown[] = [];
  const log = { warn: (...said: unknown[]) => void warned.push(said) } as unknown as Log;
  const plan = planOfPair(pair);
  await recordVerdict({ target: pair.target, plan, report: { tables, complete }, log });
  const state = stateTable(pair.target.dialect, pair.tables);
  pair.target.db.onStatement = undefined;
  return { remembered: await readEntry(pair.target.db, state, "verify/identity"), warned };
}

describe("what is remembered of a comparison", () => {
  it("is its result, of all tables together, from the first row read to the last", async () => {
    const { remembered } = await record(openPair(), [
      counts("USERS", { readFrom: "2026-01-31T02:00:00.000Z", readTo: "2026-01-31T05:00:00.000Z" }),
      counts("TOKENS", {
        sourceRows: 3,
        onTheirWay: 2,
        readFrom: "2026-01-31T01:00:00.000Z",
        readTo: "2026-01-31T04:00:00.000Z",
      }),
    ]);
    expect(remembered).toEqual({
      result: "equal",
      readFrom: "2026-01-31T01:00:00.000Z",
      readTo: "2026-01-31T05:00:00.000Z",
      sourceVersion: "5.7.0",
      targetVersion: "5.11.0",
      tables: 2,
      rows: 8,
      onTheirWay: 2,
      found: 0,
      repaired: 0,
      pending: 0,
      leftOut: 0,
      ownClaims: 0,
    });
  });

  it("is of no time where no row was read", async () => {
    expect((await record(openPair(), [counts("USERS")])).remembered).toMatchObject({
      readFrom: null,
      readTo: null,
    });
  });

  it("is that of the last one, also where it is worse", async () => {
    const pair = openPair();
    await record(pair, [counts("USERS")]);
    const { remembered } = await record(pair, [counts("USERS", { missing: 2 })]);
    expect(remembered).toMatchObject({ result: "different", found: 2 });
  });
});

describe("a comparison that was stopped", () => {
  it("does not take the place of one that came to its end", async () => {
    const pair = openPair();
    await record(pair, [counts("USERS", { extra: 1 })]);
    const { remembered } = await record(pair, [counts("USERS")], false);
    expect(remembered).toMatchObject({ result: "different" });
  });

  it("is remembered all the same when it found rows that differ", async () => {
    const pair = openPair();
    await record(pair, [counts("USERS")]);
    const { remembered } = await record(pair, [counts("USERS", { different: 1 })], false);
    expect(remembered).toMatchObject({ result: "different", found: 1 });
  });
});

describe("where nothing can be written on the target", () => {
  it.each(["auth", "schema"] as const)(
    "for %s, the comparison counts, and it is said that it is not recorded",
    async (kind) => {
      const pair = openPair();
      pair.target.db.onStatement = () => {
        throw new MemoryError(kind);
      };
      const { remembered, warned } = await record(pair, [counts("USERS")]);
      expect(remembered).toBeUndefined();
      expect(warned).toEqual([
        [{ reason: `refused: ${kind}` }, expect.stringContaining("sync-tool prepare")],
      ]);
    },
  );

  it.each(["connection", "row"] as const)(
    "for %s, verify fails: the one before must not be taken for this one",
    async (kind) => {
      const pair = openPair();
      pair.target.db.onStatement = () => {
        throw new MemoryError(kind);
      };
      await expect(record(pair, [counts("USERS")])).rejects.toThrow(kind);
    },
  );
});
