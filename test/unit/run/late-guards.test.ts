/** Each direction of a pair guards what the users of the other side have written: who serves stands on blue, whichever way is looked at. */
import { expect, test } from "vitest";
import { Overtaken } from "../../../src/apply/overtaken.ts";
import type { Change } from "../../../src/contract/change.ts";
import { originOf } from "../../../src/contract/origin.ts";
import type { TablePlan } from "../../../src/contract/sync-plan.ts";
import type { LateGuard } from "../../../src/run/late-guard.ts";
import { lateGuards, type WayOf } from "../../../src/run/late-guards.ts";
import { type ServingSide, writeServing } from "../../../src/state/serving.ts";
import { stateTable } from "../../../src/state/state.ts";
import { MemoryError } from "../../support/memory/database.ts";
import { openPair, type Pair, planOfPair, USERS } from "../../support/memory/pair.ts";

interface Ways {
  readonly pair: Pair;
  /** The guard of the way that starts on this side. */
  guard(from: ServingSide, table?: TablePlan): LateGuard | undefined;
  serves(side: ServingSide): Promise<void>;
}

function open(): Ways {
  const pair = openPair({ schemas: [USERS] });
  const { names } = pair.table("USERS");
  for (const side of [pair.source, pair.target])
    side.db.tables.set("SYNC_STATE", []).set(names.journal, []).set(names.checkpoint, []);
  const forth: WayOf = { plan: planOfPair(pair), source: pair.source, target: pair.target };
  const back: WayOf = {
    plan: { ...planOfPair(pair), direction: "back" },
    source: pair.target,
    target: pair.source,
  };
  return {
    pair,
    guard: (from, table = pair.table("USERS")) =>
      (from === "blue" ? lateGuards(forth, back, undefined) : lateGuards(back, forth, undefined))(table),
    async serves(side) {
      const state = stateTable(pair.source.dialect, pair.tables);
      await writeServing(pair.source.db, state, { side, since: "", host: "", heads: new Map() });
    },
  };
}

const late: Change = { position: 1n, action: "UPDATE", row: { ID: "1", NAME: "late" } };

test.each([
  ["blue", "green", "source", "target"],
  ["green", "blue", "target", "source"],
] as const)(
  "a late write of %s gives way to what users whom %s serves have written",
  async (from, serving, left, served) => {
    const { pair, guard, serves } = open();
    const { db } = pair[served];
    db.tables
      .get(pair.table("USERS").names.journal)
      ?.push({ ID: "1", NAME: "users'", SYNC_ID: "1", ACTION: "UPDATE" });
    db.tables.set("USERS", [{ ID: "1", NAME: "users'" }]);
    pair[left].db.tables.set("USERS", [{ ID: "1", NAME: "late" }]);
    const late1 = guard(from);
    await serves(from);
    await late1?.refuseOvertaken(db, [late]);
    await serves(serving);
    await expect(late1?.refuseOvertaken(db, [late])).rejects.toThrow(Overtaken);
    await late1?.settle();
    expect(pair.rows(left, "USERS")).toEqual([{ ID: "1", NAME: "users'" }]);
  },
);

test.each([
  ["blue", "source"],
  ["green", "target"],
] as const)("a guard against %s that does not reach blue says which side that is", async (from, side) => {
  const { pair, guard } = open();
  const asked = guard(from);
  // With nothing refused nobody is asked.
  pair.source.db.onStatement = () => {
    throw new MemoryError("connection");
  };
  await asked?.settle();
  asked?.remember([late]);
  const lost = await asked?.settle().catch((error: unknown) => error);
  expect(originOf(lost)?.side).toBe(side);
});

test("a table that the other direction does not carry has no guard", () => {
  const { pair, guard } = open();
  expect(guard("blue", { ...pair.table("USERS"), name: "OTHER" })).toBeUndefined();
  expect(guard("blue")).toBeDefined();
});
