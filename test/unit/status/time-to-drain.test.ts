import { describe, expect, test } from "vitest";
import type { TableStatus } from "../../../src/status/table-status.ts";
import { type Look, timeToDrain, timeToDrainAll } from "../../../src/status/time-to-drain.ts";
import { tableStatus } from "../../support/table-status.ts";

const table = (pending: number | null): TableStatus =>
  tableStatus({ table: "IDN_OAUTH2_ACCESS_TOKEN", pending, lagSeconds: 3, checkpoint: "7" });

const look = (atMs: number, ...tables: readonly TableStatus[]): Look => ({
  atMs,
  report: {
    at: "2026-01-31T23:59:59.123Z",
    stale: false,
    direction: "forward",
    phase: "running",
    next: "wait",
    tables,
    safeToSwitch: false,
    reasons: [],
    verified: [],
  },
});

/** The answer for a table that had `before` changes pending and has `now` two seconds later. */
const between = (before: number | null, now: number | null) =>
  timeToDrain(look(10_000, table(before)), look(12_000, table(now)), table(now));

describe("The time to drain", () => {
  test("follows from how fast the backlog shrinks", () => {
    expect(between(10_000, 8_000)).toBe(8);
    expect(between(101, 100)).toBe(200);
  });

  test("is 0 when nothing is pending, also at the first look", () => {
    expect(between(50, 0)).toBe(0);
    expect(timeToDrain(look(10_000), look(12_000, table(0)), table(0))).toBe(0);
  });

  test("does not come when the backlog grows or stays", () => {
    expect(between(100, 120)).toBe("grows");
    expect(between(100, 100)).toBe("grows");
  });

  test("is not known without two counts", () => {
    expect(between(null, 100)).toBeNull();
    expect(between(100, null)).toBeNull();
    expect(timeToDrain(look(10_000), look(12_000, table(5)), table(5))).toBeNull();
    const estimated = { ...table(150_000), pendingIsEstimate: true };
    expect(timeToDrain(look(0, estimated), look(2_000, table(99_000)), table(99_000))).toBeNull();
    expect(timeToDrain(look(10_000, table(9)), look(10_000, table(5)), table(5))).toBeNull();
  });

  test("goes by the table itself, not by one of its name in another schema, nor by another of its schema", () => {
    const own = table(100);
    const others = [
      { ...table(1_000), schema: "um" as const },
      { ...table(1_000), table: "IDN_OAUTH2_AUTHORIZATION_CODE" },
    ];
    expect(timeToDrain(look(0, ...others, table(200)), look(1_000), own)).toBe(1);
    expect(timeToDrain(look(0, ...others), look(1_000), own)).toBeNull();
  });

  test("is not known while something holds the table back, or another comes first", () => {
    const held = { kind: "pause" as const, reason: "paused", since: "2026-01-31T23:59:59.123Z" };
    for (const about of [
      { openHole: { first: "5", last: "5" } },
      { throttle: held },
      { waitsFor: ["IDN_OAUTH2_ACCESS_TOKEN"] },
    ])
      expect(timeToDrain(look(0, table(100)), look(2_000), { ...table(100), ...about })).toBeNull();
    // What comes after a hole is to be applied too, though nothing that is visible is left.
    const open = { ...table(0), openHole: { first: "5", last: "5" } };
    expect(timeToDrain(look(0, table(100)), look(2_000), open)).toBeNull();
  });

  test("of all tables counts one that waits for another into what both need", () => {
    const scopes = { ...table(100), table: "SCOPES", waitsFor: ["IDN_OAUTH2_ACCESS_TOKEN"] };
    expect(timeToDrainAll(look(0, table(300), scopes), look(2_000, table(200), scopes))).toBe(6);
    const open = { ...table(200), openHole: { first: "5", last: "5" } };
    expect(timeToDrainAll(look(0, scopes, table(300)), look(2_000, scopes, open))).toBeNull();
  });

  test("goes by what the runner says where nothing was seen before", () => {
    const told = { ...table(1_000), appliedPerSecond: 50 };
    expect(timeToDrain(look(10_000, told), look(10_000, told), told)).toBe(20);
    const idle = { ...told, appliedPerSecond: 0 };
    expect(timeToDrain(look(10_000, idle), look(10_000, idle), idle)).toBeNull();
  });

  test("is within 30 % after ten seconds of a steady drain of 200,000, and never 0 before the end", () => {
    // What each second applies differs by a fifth, as it does on a busy machine; looks are taken every two.
    const pendingAt: number[] = [200_000];
    for (let second = 1; (pendingAt.at(-1) ?? 0) > 0; second++)
      pendingAt.push(Math.max(0, (pendingAt[second - 1] ?? 0) - 2_000 - 400 * Math.sin(second)));
    const took = pendingAt.length - 1;
    const at = (second: number): Look => look(second * 1_000, counted(pendingAt[second] ?? 0));
    const counted = (pending: number): TableStatus => {
      const whole = Math.ceil(pending);
      return { ...table(whole), pendingIsEstimate: whole > 100_000 };
    };
    for (let second = 10; second < took; second += 2) {
      const now = at(second);
      const [own] = now.report.tables;
      if (own === undefined) throw new Error("no table");
      const estimate = timeToDrain(at(Math.max(0, second - 20)), now, own);
      expect(estimate).not.toBe(0);
      // Where counting takes the place of estimating, nothing is said for a while.
      if (estimate === null) continue;
      const left = took - second;
      expect(Math.abs(Number(estimate) - left) / left, `after ${second} s`).toBeLessThanOrEqual(
        left > 10 ? 0.3 : 1,
      );
    }
  });
});
