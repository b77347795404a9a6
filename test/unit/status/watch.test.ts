/** What a run shows of itself: looks in a row, whose clock, pauses and answers are given. */
import { beforeEach, describe, expect, test } from "vitest";
import type { StatusReport } from "../../../src/status/status.ts";
import type { TableStatus } from "../../../src/status/table-status.ts";
import { createTally } from "../../../src/status/tally.ts";
import type { Look } from "../../../src/status/time-to-drain.ts";
import { startWatch, type View, type WatchOptions } from "../../../src/status/watch.ts";
import { tableStatus } from "../../support/table-status.ts";

/** Pauses between looks: how long each was to be, and what ends the last one. */
const pauses = { ms: [] as number[], end: () => {} };

const pause = (ms: number) =>
  new Promise<void>((resolve) => {
    pauses.ms.push(ms);
    pauses.end = resolve;
  });

beforeEach(() => {
  pauses.ms = [];
});

const table = (about: Partial<TableStatus> = {}): TableStatus => tableStatus({ table: "USERS", ...about });

const report = (...tables: readonly TableStatus[]): StatusReport => ({
  at: "2026-01-31T23:59:59.123Z",
  stale: false,
  direction: "forward",
  phase: "running",
  next: "wait",
  tables,
  safeToSwitch: true,
  reasons: [],
  verified: [],
});

type Answer = StatusReport | Error;

/** A watch whose first look has this answer. */
async function open(first: Answer, more: Partial<WatchOptions> & { readonly takesMs?: number } = {}) {
  const clock = { ms: 0 };
  const stop = new AbortController();
  const failures: unknown[] = [];
  const asked: (Look | undefined)[] = [];
  let answer: Answer = first;
  let takesMs = more.takesMs ?? 0;
  const tally = createTally();
  const watch = startWatch(
    {
      look: async (last) => {
        asked.push(last);
        clock.ms += takesMs;
        if (answer instanceof Error) throw answer;
        return answer;
      },
      tally,
      signal: stop.signal,
      onFailure: (error) => void failures.push(error),
      ...more,
    },
    () => clock.ms,
    pause,
  );
  const taken = async (looks: number) => {
    while (pauses.ms.length < looks) await new Promise((resolve) => setImmediate(resolve));
  };
  await taken(1);
  return {
    watch,
    clock,
    stop,
    failures,
    asked,
    tally,
    view(): View {
      const view = watch.view();
      if (view === undefined) throw new Error("nothing is to be seen");
      return view;
    },
    /** Lets time pass, and the next look have this answer. */
    async look(afterMs: number, next: Answer, takes = 0) {
      clock.ms += afterMs;
      [answer, takesMs] = [next, takes];
      const before = pauses.ms.length;
      pauses.end();
      await taken(before + 1);
    },
  };
}

describe("looks", () => {
  test("are shown with their age, and each is told what the one before saw", async () => {
    const first = report(table({ pending: 3 }));
    const { view, clock, look, asked } = await open(first);
    clock.ms += 2_500;
    expect(view()).toMatchObject({ report: first, ageSeconds: 2.5 });
    await look(500, report(table()));
    expect(view().ageSeconds).toBe(0);
    expect(asked).toEqual([undefined, { atMs: 0, report: first }]);
  });

  test("come every second and a half, and never take more than a tenth of the time", async () => {
    const { look } = await open(report(table()));
    await look(0, report(table()), 149);
    await look(0, report(table()), 150);
    await look(0, report(table()), 900);
    expect(pauses.ms).toEqual([1_500, 1_500, 1_500, 9_000]);
  });

  test("come soon after the first one, however long that took", async () => {
    const { look } = await open(report(table()), { everyMs: 20, takesMs: 5_000 });
    await look(0, report(table()), 5_000);
    expect(pauses.ms).toEqual([20, 50_000]);
  });

  test("are told to those who ask for it, until they ask no more", async () => {
    const { watch, look } = await open(report(table()));
    const told: string[] = [];
    const end = watch.onLook(() => void told.push("one"));
    watch.onLook(() => void told.push("two"));
    await look(1, report(table()));
    end();
    await look(1, new Error("no answer"));
    expect(told).toEqual(["one", "two", "two"]);
  });

  test("end with the signal", async () => {
    const { watch, stop, asked } = await open(report(table()));
    stop.abort();
    pauses.end();
    await watch.done;
    expect(asked).toHaveLength(1);
  });
});

describe("a look that fails", () => {
  test("leaves what was seen before, as stale and not safe, and is told", async () => {
    const { view, look, failures, clock } = await open(report(table({ pending: 7 })));
    const lost = new Error("no answer");
    await look(1_000, lost);
    clock.ms += 1_000;
    expect(failures).toEqual([lost]);
    expect(view()).toMatchObject({
      ageSeconds: 2,
      report: {
        stale: true,
        safeToSwitch: false,
        reasons: ["stale: the last look failed; the log says why"],
        tables: [{ pending: 7 }],
      },
    });
    await look(0, report(table()));
    expect(view()).toMatchObject({ ageSeconds: 0, report: { stale: false, safeToSwitch: true } });
  });

  test("shows nothing where nothing was seen before", async () => {
    const { watch, failures, look } = await open(new Error("no answer"));
    expect(watch.view()).toBeUndefined();
    await look(0, { ...report(table()), stale: true });
    expect(watch.view()).toBeUndefined();
    expect(failures).toHaveLength(1);
  });

  test("because the run ends is no failure", async () => {
    const failures: unknown[] = [];
    const stop = new AbortController();
    const watch = startWatch(
      {
        look: async () => {
          stop.abort();
          throw new Error("closed");
        },
        tally: createTally(),
        signal: stop.signal,
        onFailure: (error) => void failures.push(error),
      },
      undefined,
      pause,
    );
    while (pauses.ms.length < 1) await new Promise((resolve) => setImmediate(resolve));
    pauses.end();
    await watch.done;
    expect(failures).toEqual([]);
  });

  test("whose report is stale is shown, but no evidence of how fast it goes", async () => {
    const { view, look } = await open(report(table({ pending: 9 })));
    await look(1_000, { ...report(table({ pending: 5 })), stale: true });
    expect(view()).toMatchObject({ ageSeconds: 1, report: { stale: true }, pendingBefore: [9] });
  });
});

describe("of a table is told", () => {
  test("the time to drain by the looks of the last twenty seconds", async () => {
    const { view, look } = await open(report(table({ pending: 5_000 })));
    await look(1, report(table({ pending: 1_000 })));
    await look(20_000, report(table({ pending: 600 })));
    expect(view().toDrain(table({ pending: 600 }))).toBe(30);
    expect(view().allToDrain).toBe(30);
    await look(30_000, report(table({ pending: 500 })));
    expect(view().toDrain(table({ pending: 500 }))).toBeNull();
  });

  test("what this run has applied in the direction of the report", async () => {
    const { view, tally } = await open({ ...report(table()), direction: "back" });
    const key = { schema: "identity", table: "USERS" };
    tally.add({ ...key, direction: "back" }, 20);
    tally.add({ ...key, direction: "forward" }, 500);
    expect(view().applied(table())).toBe(20);
  });

  test("the most that was pending since it was last in step", async () => {
    const most: number[] = [];
    const { view, look } = await open(report(table({ pending: 3 })));
    for (const pending of [8, 5, 0, 2, null]) {
      most.push(view().most(table()));
      await look(1, report(table({ pending })));
    }
    most.push(view().most(table()));
    expect(most).toEqual([3, 8, 8, 0, 2, 0]);
    expect(view().most(table({ table: "OTHER" }))).toBe(0);
    expect(view().most(table({ schema: "um" }))).toBe(0);
  });

  test("how much was pending in all, ten minutes back", async () => {
    const { view, look } = await open(report(table({ pending: 3 }), table({ table: "B", pending: 4 })));
    await look(1, report(table({ pending: null }), table({ table: "B", pending: 2 })));
    await look(599_999, report(table({ pending: 1 })));
    expect(view().pendingBefore).toEqual([7, 2, 1]);
    await look(1, report(table({ pending: 0 })));
    expect(view().pendingBefore).toEqual([2, 1, 0]);
  });

  test("nothing of the other direction's journals after a switch", async () => {
    const hole = { first: "5", last: "5" };
    const { view, look, clock } = await open(report(table({ pending: 100_000, openHole: hole })));
    const back = (pending: number, about: Partial<TableStatus> = {}): StatusReport => ({
      ...report(table({ pending, ...about })),
      direction: "back",
    });
    await look(10_000, back(50, { openHole: hole }));
    clock.ms += 1_000;
    expect(view()).toMatchObject({ allToDrain: null, pendingBefore: [50] });
    expect(view().toDrain(table({ pending: 50 }))).toBeNull();
    expect(view().most(table())).toBe(50);
    expect(view().holeSeconds(table({ openHole: hole }))).toBe(1);
    await look(9_000, back(40));
    expect(view()).toMatchObject({ allToDrain: 40, pendingBefore: [50, 40] });
  });
});

describe("an open hole", () => {
  const hole = (first: string, more: Partial<TableStatus> = {}) =>
    table({ openHole: { first, last: "9" }, ...more });

  test("is known to be there since it was seen first, each of its own", async () => {
    const { view, look, clock } = await open(report(hole("3"), table({ table: "B" })));
    await look(4_000, report(hole("3"), table({ table: "B", openHole: { first: "1", last: "1" } })));
    clock.ms += 1_000;
    expect(view().holeSeconds(hole("3"))).toBe(5);
    expect(view().holeSeconds(hole("1", { table: "B" }))).toBe(1);
    expect(view().holeSeconds(table())).toBe(0);
    expect(view().holeSeconds(hole("3", { table: "C" }))).toBe(0);
  });

  test("that begins elsewhere is another one, so is one that was gone meanwhile", async () => {
    const { view, look, clock } = await open(report(hole("3")));
    await look(4_000, report(hole("5")));
    clock.ms += 1_000;
    expect(view().holeSeconds(hole("5"))).toBe(1);
    await look(1_000, report(table()));
    await look(1_000, report(hole("5")));
    clock.ms += 500;
    expect(view().holeSeconds(hole("5"))).toBe(0.5);
  });

  test("is at least as old as the oldest transaction that may fill it", async () => {
    const holders = [
      { holder: "a", ageSeconds: 7 },
      { holder: "b", ageSeconds: 90 },
      { holder: "c" },
    ] as unknown as TableStatus["holders"];
    const { view, clock } = await open(report(hole("3", { holders })));
    clock.ms += 8_000;
    expect(view().holeSeconds(hole("3", { holders }))).toBe(90);
    expect(view().holeSeconds(hole("3", { holders: holders.slice(0, 1) }))).toBe(8);
  });
});

describe("a run that has just begun", () => {
  const by = (movedSecondsAgo: number) =>
    table({ runner: { host: "h", pid: 1, since: null, movedSecondsAgo } });

  test("may be about to say so, as long as nobody has said since that he works", async () => {
    const { view, look, clock } = await open(report(table()), { beganMs: -1_000 });
    expect([view().begins(table()), view().begins(by(1)), view().begins(by(1.1))]).toEqual([
      true,
      false,
      true,
    ]);
    await look(2_000, report(by(3.1)));
    expect([view().begins(by(3.1)), view().begins(by(3))]).toEqual([true, false]);
    clock.ms = 44_000;
    expect(view().begins(table())).toBe(false);
  });
});
