import { describe, expect, test } from "vitest";
import { createTally, type TallyKey } from "../../../src/status/tally.ts";

const TOKENS: TallyKey = { direction: "forward", schema: "identity", table: "TOKENS" };

function open() {
  const clock = { ms: 5_000 };
  return { clock, tally: createTally(() => clock.ms) };
}

describe("what a run applied", () => {
  test("is counted by direction, schema and table", () => {
    const { tally } = open();
    const others: readonly TallyKey[] = [
      { ...TOKENS, direction: "back" },
      { ...TOKENS, schema: "um" },
      { ...TOKENS, table: "USERS" },
    ];
    tally.add(TOKENS, 3);
    tally.add(TOKENS, 4);
    others.forEach((key, i) => {
      tally.add(key, 10 * (i + 1));
    });
    expect([TOKENS, ...others].map((key) => tally.of(key).total)).toEqual([7, 10, 20, 30]);
    expect(tally.of({ ...TOKENS, table: "NONE" })).toEqual({ total: 0, perSecond: 0 });
  });

  test("per second is that of the time since it began, of the first second as of a whole one", () => {
    const { clock, tally } = open();
    tally.add(TOKENS, 50);
    clock.ms += 100;
    expect(tally.of(TOKENS).perSecond).toBe(50);
    clock.ms += 9_900;
    expect(tally.of(TOKENS).perSecond).toBe(5);
  });

  test("per second is that of the last twenty seconds, and the total is of them all", () => {
    const { clock, tally } = open();
    tally.add(TOKENS, 100);
    clock.ms += 30_000;
    tally.add(TOKENS, 40);
    expect(tally.of(TOKENS)).toEqual({ total: 140, perSecond: 2 });
    clock.ms += 20_000;
    expect(tally.of(TOKENS)).toEqual({ total: 140, perSecond: 2 });
    clock.ms += 1;
    expect(tally.of(TOKENS)).toEqual({ total: 140, perSecond: 0 });
  });

  test("within one second is one entry, which leaves the rate as a whole", () => {
    const { clock, tally } = open();
    clock.ms += 20_000;
    tally.add(TOKENS, 20);
    clock.ms += 999;
    tally.add(TOKENS, 20);
    clock.ms += 1;
    tally.add(TOKENS, 60);
    expect(tally.of(TOKENS).perSecond).toBe(5);
    clock.ms += 19_000;
    expect(tally.of(TOKENS).perSecond).toBe(5);
    clock.ms += 1;
    expect(tally.of(TOKENS).perSecond).toBe(3);
    clock.ms += 999;
    tally.add(TOKENS, 20);
    expect(tally.of(TOKENS)).toEqual({ total: 120, perSecond: 4 });
  });
});
