import { describe, expect, test } from "vitest";
import { nextStep, type PhaseFacts, phaseOf } from "../../../src/status/phase.ts";
import type { TableStatus } from "../../../src/status/table-status.ts";
import { tableStatus } from "../../support/table-status.ts";

const runner = { host: "sync1", pid: 4711, since: null, movedSecondsAgo: 3 };
const equal = [{ schema: "identity", result: "equal", secondsAgo: 60 }] as const;
const facts = (about: Partial<PhaseFacts> = {}, table: Partial<TableStatus> = {}): PhaseFacts => ({
  tables: [tableStatus(), tableStatus(table)],
  safeToSwitch: false,
  verified: [{ schema: "identity", result: null, secondsAgo: null }],
  target: "ready",
  ...about,
});
const blue = { side: "blue", since: null, host: null } as const;
const green = { side: "green", since: "2026-01-31T22:00:00.000Z", host: "sync1" } as const;
const stopped = { since: "2026-01-31T22:00:00.000Z", code: "SCHEMA_CHANGED", why: "x" };
const throttle = { kind: "pause", reason: "backup", since: "2026-01-31T22:00:00.000Z" } as const;
// Words of somebody's own, which begin as a pause does.
const busy = { ...throttle, kind: "query", reason: "paused by db1" } as const;
const openHole = { first: "5", last: "5" };

describe("How far a migration is, and what is to be done next", () => {
  test.each<[string, PhaseFacts, ReturnType<typeof phaseOf>, RegExp]>([
    ["before prepare", facts({}, { captured: false }), null, /^sync-tool prepare$/],
    ["before the restore", facts({ target: "unrestored" }), "prepared", /^restore a dump/],
    ["before the migration", facts({ target: "unmigrated" }), "restored", /migration client/],
    ["without a checkpoint", facts({}, { checkpoint: null }), "migrated", /^sync-tool prepare$/],
    ["without a runner", facts({}, { pending: 7 }), "migrated", /^sync-tool run$/],
    ["at work", facts({}, { pending: 7, runner }), "running", /^wait; sync-tool status --watch$/],
    ["behind a hole", facts({}, { pending: 7, runner, openHole }), "running", /end it$/],
    ["stopped", facts({}, { pending: 7, stopped }), "migrated", /then sync-tool run$/],
    ["with a gap", facts({}, { gap: "changes may be missing", runner }), "running", /^sync-tool verify$/],
    ["paused", facts({}, { pending: 7, runner, throttle }), "running", /^sync-tool resume/],
    ["held by a query", facts({}, { pending: 7, runner, throttle: busy }), "running", /^wait; /],
    ["with dead letters", facts({}, { deadLetters: 7, runner }), "running", /^sync-tool dead-letters list$/],
    ["in step", facts({ safeToSwitch: true }), "in step", /^sync-tool verify$/],
    ["proven", facts({ safeToSwitch: true, verified: equal }), "verified", /sync-tool drain --wait$/],
    [
      "proven, with a way back",
      facts({ safeToSwitch: true, verified: equal, serving: blue }),
      "verified",
      /sync-tool switch --wait$/,
    ],
    ["switched", facts({ safeToSwitch: true, verified: equal, serving: green }), "switched", /switch --back/],
  ])("%s", (_, seen, phase, next) => {
    expect(phaseOf(seen)).toBe(phase);
    expect(nextStep(seen)).toMatch(next);
  });
});
