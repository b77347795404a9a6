import { describe, expect, test } from "vitest";
import {
  afterPass,
  BEGIN,
  type LoopRules,
  type LoopState,
  mayTrustIdle,
  type PassResult,
} from "../../../src/run/after-pass.ts";

const found: PassResult = { applied: 7, allCaughtUp: true, waiting: false };
const nothing: PassResult = { applied: 0, allCaughtUp: true, waiting: false };
const behind: PassResult = { applied: 0, allCaughtUp: false, waiting: false };
const blocked: PassResult = { applied: 0, allCaughtUp: false, waiting: true };

const rules = (until: LoopRules["until"]): LoopRules => ({
  until,
  syncIntervalMs: 5_000,
  minHoleAgeMs: 1_000,
});

function play(until: LoopRules["until"], passes: readonly (readonly [number, PassResult])[]) {
  let state: LoopState = BEGIN;
  return passes.map(([now, pass]) => {
    const step = afterPass(state, pass, rules(until), now);
    ({ state } = step);
    return step;
  });
}

describe("A run until stopped", () => {
  test("pauses for the interval, for half a second after changes, and only a moment while something is waited for", () => {
    const steps = play("stopped", [
      [0, nothing],
      [1, found],
      [2, nothing],
      [3, blocked],
    ]);
    expect(steps.map(({ next }) => next)).toEqual(["again", "again", "again", "again"]);
    expect(steps.map(({ pauseMs }) => pauseMs)).toEqual([5_000, 500, 5_000, 50]);
  });

  test("never pauses longer than the interval", () => {
    const step = afterPass(BEGIN, found, { ...rules("stopped"), syncIntervalMs: 100 }, 0);
    expect(step.pauseMs).toBe(100);
  });

  test("never ends by itself, however long nothing comes", () => {
    const steps = play(
      "stopped",
      Array.from({ length: 100 }, (_, i) => [i, nothing] as const),
    );
    expect(new Set(steps.map(({ next }) => next))).toEqual(new Set(["again"]));
  });

  test("tells what it waits for after half a second, again after ten, and since when", () => {
    const steps = play("stopped", [
      [1_000, blocked],
      [1_499, blocked],
      [1_500, blocked],
      [11_499, blocked],
      [11_500, blocked],
    ]);
    expect(steps.map(({ tellBlockedSince }) => tellBlockedSince)).toEqual([
      undefined,
      undefined,
      1_000,
      undefined,
      1_000,
    ]);
  });

  test("counts a wait anew once it was over, and tells no more than every ten seconds", () => {
    const steps = play("stopped", [
      [0, blocked],
      [500, blocked],
      [600, found],
      [700, blocked],
      [1_300, blocked],
      [10_500, blocked],
    ]);
    expect(steps.map(({ tellBlockedSince }) => tellBlockedSince)).toEqual([
      undefined,
      0,
      undefined,
      undefined,
      undefined,
      700,
    ]);
  });

  test("tells in its first seconds too, whatever the clock began with", () => {
    const steps = play("stopped", [
      [3, blocked],
      [504, blocked],
    ]);
    expect(steps[1]?.tellBlockedSince).toBe(3);
  });
});

describe("A run until drained", () => {
  test("ends after two empty polls in a row, and looks twice a second at least", () => {
    const steps = play("drained", [
      [0, nothing],
      [1, found],
      [2, nothing],
      [3, nothing],
    ]);
    expect(steps.map(({ next }) => next)).toEqual(["again", "again", "again", "drained"]);
    expect(steps.map(({ pauseMs }) => pauseMs)).toEqual([500, 500, 500, 500]);
  });

  test("is not drained by passes that are behind or wait", () => {
    const steps = play("drained", [
      [0, nothing],
      [1, behind],
      [2, nothing],
      [3, blocked],
      [4, nothing],
    ]);
    expect(steps.map(({ next }) => next)).toEqual(["again", "again", "again", "again", "again"]);
  });
});

test("A run until drained goes on while something may still come behind what it has applied, and asks again", () => {
  const steps = play("drained", [
    [0, nothing],
    [1, { ...nothing, waiting: true }],
    [700, { ...nothing, waiting: true }],
    [701, nothing],
  ]);
  expect(steps.map(({ next }) => next)).toEqual(["again", "again", "again", "drained"]);
  expect(steps.map(({ pauseMs }) => pauseMs)).toEqual([500, 50, 50, 500]);
  expect(steps[2]?.tellBlockedSince).toBe(1);
});

describe("One pass", () => {
  test("ends the run when nothing is waited for", () => {
    expect(play("one pass", [[0, found]])[0]?.next).toBe("end");
    expect(play("one pass", [[0, behind]])[0]?.next).toBe("end");
  });

  test("waits for a hole until it could be judged, and half a second more", () => {
    const steps = play("one pass", [
      [100, blocked],
      [1_600, blocked],
      [1_601, blocked],
    ]);
    expect(steps.map(({ next }) => next)).toEqual(["again", "again", "end"]);
  });
});

test("the source's word that nothing came is trusted after an empty poll, but for every twentieth", () => {
  const trusted = Array.from({ length: 41 }, (_, emptyPolls) => mayTrustIdle({ emptyPolls }));
  expect(trusted.flatMap((isTrusted, i) => (isTrusted ? [] : [i]))).toEqual([0, 20, 40]);
});
