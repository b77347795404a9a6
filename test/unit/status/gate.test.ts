import { describe, expect, test } from "vitest";
import { type GateState, isDrained, judge, NO_LOOKS } from "../../../src/status/gate.ts";
import type { TableSnapshot } from "../../../src/status/snapshot.ts";
import type { TableStatus } from "../../../src/status/table-status.ts";
import { tableStatus } from "../../support/table-status.ts";

const STATUS = tableStatus();

const seen = (
  status: Partial<TableStatus> = {},
  journal: TableSnapshot["journal"] = { highest: 12n, reached: 12n },
): TableSnapshot => ({ status: { ...STATUS, ...status }, journal, applied: 0n, passed: undefined });

/** Takes looks a second apart. */
function play(tables: readonly TableSnapshot[], maxLagSeconds?: number) {
  let state: GateState = NO_LOOKS;
  return tables.map((table, second) => {
    const judged = judge(state, { atMs: second * 1_000, tables: [table] }, maxLagSeconds);
    state = judged.state;
    return {
      drained: isDrained(state),
      kinds: judged.reasons.map(({ kind }) => kind),
      lagSeconds: judged.tables[0]?.lagSeconds,
      stands: judged.standing.length > 0,
    };
  });
}

describe("The gate", () => {
  test("opens at the second look that finds nothing, not at the first", () => {
    expect(play([seen(), seen(), seen()]).map(({ drained }) => drained)).toEqual([false, true, true]);
  });

  test("counts anew after a look that found something", () => {
    const open = { openHole: { first: "13", last: "13" } };
    expect(play([seen(), seen(open), seen(), seen()]).map(({ drained }) => drained)).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });

  test("stays shut when the source was written between two looks, though all of it is applied", () => {
    const later = seen({ checkpoint: "13" }, { highest: 13n, reached: 13n });
    expect(play([seen(), later, later, later]).map(({ drained, kinds }) => [drained, kinds])).toEqual([
      [false, []],
      [false, ["still-written"]],
      [false, []],
      [true, []],
    ]);
  });

  test("takes a position that was only handed out for a write", () => {
    expect(play([seen(), seen({}, { highest: 12n, reached: 13n })])[1]?.kinds).toEqual(["still-written"]);
  });

  test.each([
    [{ pending: 1 }, "pending"],
    [{ openHole: { first: "13", last: "14" } }, "open-hole"],
    [{ writers: 1 }, "open-hole"],
    [{ deadLetters: 1 }, "dead-letters"],
    [{ captured: false }, "not-captured"],
    [{ gap: "changes may be missing" }, "gap"],
    [{ checkpoint: null }, "problem"],
    [{ problems: ["the target is not migrated"] }, "problem"],
  ])("stays shut for %j", (status, kind) => {
    const [, second] = play([seen(status), seen(status)]);
    expect(second).toMatchObject({ drained: false, kinds: [kind] });
  });

  test("names the tables whose checkpoint stands though changes are pending", () => {
    const behind = seen({ pending: 4, checkpoint: "8" });
    const moved = seen({ pending: 2, checkpoint: "10" });
    expect(play([behind, moved, moved]).map(({ stands }) => stands)).toEqual([false, false, true]);
  });
});

test("Of several tables each is compared with itself, also where schemas have tables of one name", () => {
  const quiet = seen({ pending: 3, checkpoint: "8" }, { highest: 11n, reached: 11n });
  const other = seen({ table: "U", checkpoint: "5" }, { highest: 5n, reached: 5n });
  const shared = seen({ schema: "um", checkpoint: "7" }, { highest: 7n, reached: 7n });
  const tables = [quiet, other, shared];
  const first = judge(NO_LOOKS, { atMs: 0, tables });
  expect(first.standing).toEqual([]);
  const second = judge(first.state, { atMs: 1_000, tables });
  expect(second.reasons.map(({ kind, text }) => [kind, text])).toEqual([
    ["pending", "T: 3 changes are pending"],
  ]);
  // Where nothing is pending a checkpoint that stands tells nothing.
  expect(second.standing).toEqual([quiet]);
  const written = { ...other, journal: { highest: 6n, reached: 6n } };
  expect(judge(second.state, { atMs: 2_000, tables: [shared, written] }).reasons).toEqual([
    { table: "U", kind: "still-written", text: "U: the source was written between two looks" },
  ]);
});

test("A journal that cannot be seen any more is a change between two looks", () => {
  const gone: TableSnapshot = { ...seen({ pending: null }), journal: undefined };
  expect(play([seen(), gone]).map(({ kinds }) => kinds)).toEqual([[], ["still-written"]]);
});

describe("The gate for a small lag", () => {
  const at = (checkpoint: number, highest: number): TableSnapshot =>
    seen(
      {
        checkpoint: String(checkpoint),
        pending: highest - checkpoint,
        lagSeconds: highest === checkpoint ? 0 : null,
      },
      { highest: BigInt(highest), reached: BigInt(highest) },
    );

  test("stays shut in the middle of a backlog, however lately it began to look", () => {
    const answers = play([at(0, 222_000), at(4_000, 222_010), at(8_000, 222_020)], 5);
    for (const { drained, kinds, lagSeconds } of answers) {
      expect(drained).toBe(false);
      expect(kinds).toEqual(["lagging"]);
      expect(lagSeconds).toBeNull();
    }
  });

  test("opens once a change that was seen is applied soon enough, while the source is written", () => {
    const answers = play([at(100, 120), at(120, 140), at(140, 160)], 2);
    expect(answers.map(({ lagSeconds }) => lagSeconds)).toEqual([null, 1, 1]);
    expect(answers.map(({ drained }) => drained)).toEqual([false, false, true]);
  });

  test("shuts again when what was seen last as applied is too long ago", () => {
    const answers = play([at(12, 12), at(12, 20), at(12, 30), at(12, 40), at(13, 50)], 2);
    expect(answers.map(({ lagSeconds }) => lagSeconds)).toEqual([0, 1, 2, 3, 4]);
    expect(answers.map(({ kinds }) => kinds)).toEqual([[], [], [], ["lagging"], ["lagging"]]);
  });

  test("takes the age of the oldest change where the journal tells it", () => {
    const behind = (lagSeconds: number): TableSnapshot => seen({ pending: 9, checkpoint: "3", lagSeconds });
    const answers = play([behind(1.5), behind(4), behind(1), behind(0.5)], 2);
    expect(answers.map(({ lagSeconds }) => lagSeconds)).toEqual([1.5, 4, 1, 0.5]);
    expect(answers.map(({ drained }) => drained)).toEqual([false, false, false, true]);
  });

  test("does not take the time of a look for that of a change while nothing that was seen is applied", () => {
    const { reasons, tables } = judge(NO_LOOKS, { atMs: 0, tables: [at(0, 9)] }, 5);
    expect(tables[0]?.lagSeconds).toBeNull();
    expect(reasons.map(({ text }) => text)).toEqual([
      "T: how far it is behind is not known yet, 5 s are allowed",
    ]);
    const late = seen({ pending: 1, lagSeconds: 7.25 });
    expect(judge(NO_LOOKS, { atMs: 0, tables: [late] }, 5).reasons.map(({ text }) => text)).toEqual([
      "T: up to 7.3 s behind, 5 s are allowed",
    ]);
  });

  test("forgets what it knew of a journal that it lost sight of", () => {
    const gone: TableSnapshot = {
      ...seen({ pending: null, lagSeconds: null, checkpoint: null, problems: ["there is no journal"] }),
      journal: undefined,
    };
    const answers = play([at(12, 12), gone, at(12, 20)], 5);
    expect(answers.map(({ lagSeconds }) => lagSeconds)).toEqual([0, null, null]);
    expect(answers.map(({ kinds }) => kinds)).toEqual([[], ["problem", "problem"], ["lagging"]]);
  });

  test("says nothing of open transactions and new changes, but of letters and missing capture", () => {
    const table = seen({ writers: 1, deadLetters: 1, captured: false });
    expect(play([table], 5)[0]?.kinds).toEqual(["not-captured", "dead-letters"]);
  });
});
