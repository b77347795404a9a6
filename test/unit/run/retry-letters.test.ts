import { beforeAll, expect, test } from "vitest";
import { type DeadLetter, keyDigest } from "../../../src/apply/dead-letter.ts";
import type { Change } from "../../../src/contract/change.ts";
import type { Dialect } from "../../../src/contract/dialect.ts";
import type { TablePlan } from "../../../src/contract/sync-plan.ts";
import { loadDialect } from "../../../src/dialect/registry.ts";
import { SyncError } from "../../../src/errors.ts";
import type { LaneCheckpoints } from "../../../src/run/lane-checkpoints.ts";
import { createLetterRetry } from "../../../src/run/retry-letters.ts";
import type { TableLetters } from "../../../src/run/table-letters.ts";
import { textColumn } from "../journal/columns.ts";

const column = textColumn("exact");
const table = { name: "T", key: [{ name: "ID", source: column, target: column }] } as unknown as TablePlan;
const LOST = Object.assign(new Error("lost"), { code: "08006" });

let dialect: Dialect;
beforeAll(async () => {
  dialect = await loadDialect("postgres");
});

const letterOf = (n: number): DeadLetter => ({
  table: "T",
  id: String(n),
  digest: keyDigest([String(n)]),
  key: `["${n}"]`,
  position: BigInt(n),
  reason: "r",
  code: "22001",
  attempts: 1,
  firstSeen: "2026-01-01T12:00:00.000Z",
  lastTried: "2026-01-01T12:00:00.000Z",
});

interface Lab {
  readonly count: number;
  /** What becomes of a batch, by the numbers of its letters; default: all are mended. */
  readonly outcome?: (batch: readonly number[]) => void;
  /** Letters whose change the journal has no more. */
  readonly purged?: readonly number[];
  readonly signal?: AbortSignal;
  readonly all?: boolean;
  /** What the clock is moved on by each batch. */
  readonly msPerBatch?: number;
}

/** Letters 1 to `count`, all of them due; tells what was tried, what was put off and what is left. */
async function retry({ count, outcome, purged = [], all = false, msPerBatch = 0, signal }: Lab) {
  const letters = new Map(Array.from({ length: count }, (_, i) => [i + 1, letterOf(i + 1)]));
  const tried: number[][] = [];
  const putOff = new Set<number>();
  let now = 0;
  const change = (n: number): Change => ({ position: BigInt(n), action: "INSERT", row: { ID: String(n) } });
  const { retry: run } = createLetterRetry({
    table,
    dialect,
    reader: {
      mostAt: 100,
      at: async (positions) =>
        positions
          .map(Number)
          .filter((n) => !purged.includes(n))
          .map(change),
    },
    lanes: {
      all: () => [0, 1].map((lane) => ({ lane, position: 9_999n, journalId: "j", digest: "" })),
    } as unknown as LaneCheckpoints,
    letters: {
      count: () => letters.size,
      refresh: async () => undefined,
      due: () => [...letters.values()],
      postpone: ({ position }: DeadLetter) => {
        if (letters.has(Number(position))) putOff.add(Number(position));
      },
    } as unknown as TableLetters,
    replay: {
      again: async (_held, changes) => {
        const batch = changes.map(({ position }) => Number(position));
        tried.push(batch);
        now += msPerBatch;
        outcome?.(batch);
        for (const n of batch) letters.delete(n);
        return new Set(changes);
      },
    },
    later: { has: async () => false },
    now: () => now,
  });
  const result = await run(all, signal ?? new AbortController().signal).catch((error: unknown) => error);
  return {
    result,
    sizes: tried.map((batch) => batch.length),
    left: [...letters.keys()],
    putOff: [...putOff],
  };
}

const withoutFail =
  (...poison: readonly number[]) =>
  (batch: readonly number[]): void => {
    if (batch.some((n) => poison.includes(n))) throw LOST;
  };

test("as many as can be read at once are tried in one transaction", async () => {
  expect(await retry({ count: 250 })).toEqual({ result: 0, sizes: [100, 100, 50], left: [], putOff: [] });
});

test("what is due is tried for a second at most, all of them as long as it takes", async () => {
  const due = await retry({ count: 1_000, msPerBatch: 400 });
  expect(due).toMatchObject({ result: 700, sizes: [100, 100, 100] });
  const all = await retry({ count: 1_000, msPerBatch: 400, all: true });
  expect(all).toMatchObject({ result: 0 });
});

test("a stop ends it after the transaction under way", async () => {
  const stop = new AbortController();
  for (const all of [true, false]) {
    const { sizes, result } = await retry({
      count: 500,
      all,
      signal: stop.signal,
      outcome: () => stop.abort(),
    });
    expect(sizes.length).toBeLessThanOrEqual(1);
    expect(result).toBeGreaterThanOrEqual(400);
  }
});

test("one that brings a connection down is found by halves, put off, and all others are mended", async () => {
  const { result, left, putOff, sizes } = await retry({ count: 200, outcome: withoutFail(37) });
  expect([result, left, putOff]).toEqual([1, [37], [37]]);
  expect(sizes.filter((size) => size === 1).length).toBeGreaterThan(0);
  expect(sizes.length).toBeLessThan(20);
});

test("when everything fails it ends after ten failures: what is due waits, a last try says why", async () => {
  const always = (): void => {
    throw LOST;
  };
  const due = await retry({ count: 300, outcome: always });
  expect(due.result).toBe(300);
  expect(due.sizes).toHaveLength(10);
  const all = await retry({ count: 300, outcome: always, all: true });
  expect(all.result).toBe(LOST);
  expect(all.sizes).toHaveLength(10);
});

test("a moved checkpoint, and what does not pass, is thrown at once", async () => {
  const moved = new SyncError("CHECKPOINT_MOVED", { what: "w", next: "n" });
  const bug = new Error("a bug");
  for (const error of [moved, bug]) {
    const { result, sizes } = await retry({
      count: 300,
      outcome: () => {
        throw error;
      },
    });
    expect(result).toBe(error);
    expect(sizes).toHaveLength(1);
  }
});

test("a letter whose change the journal has no more is put off, not tried again at every look", async () => {
  const { left, putOff, sizes } = await retry({ count: 3, purged: [2] });
  expect({ left, putOff, sizes }).toEqual({ left: [2], putOff: [2], sizes: [2] });
});
