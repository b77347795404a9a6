/** What a comparison keeps of what it found: nothing is told twice, and nothing is counted twice or not at all. */
import { describe, expect, test } from "vitest";
import { createConfirmed } from "../../../src/verify/confirmed.ts";
import type { Difference } from "../../../src/verify/difference.ts";
import { NO_COUNTS } from "../../../src/verify/progress-state.ts";
import { createTold } from "../../../src/verify/told.ts";

const difference = (kind: Difference["kind"], id: string): Difference => ({
  kind,
  side: kind === "extra" ? "target" : "source",
  key: [id],
  columns: [],
});

describe("a difference", () => {
  test("is told once, by whichever side shows it first", () => {
    const told = createTold();
    expect(told.names).toEqual([]);
    expect(told.isNew(difference("missing", "1"), true)).toBe(true);
    expect(told.isNew(difference("missing", "1"), true)).toBe(false);
    expect(told.isNew(difference("different", "1"), false)).toBe(false);
    // The other side's row of this key is another.
    expect(told.isNew(difference("extra", "1"), false)).toBe(true);
    expect(told.isNew(difference("extra", "1"), true)).toBe(false);
    expect(told.size).toBe(2);
  });

  test("that another process told is not told again, and its key is not kept for that", () => {
    const before = createTold();
    before.isNew(difference("missing", "key-1"), true);
    expect(before.names.join()).not.toContain("key-1");
    const told = createTold(before.names);
    expect(told.isNew(difference("missing", "key-1"), true)).toBe(false);
    expect(told.isNew(difference("missing", "key-2"), true)).toBe(true);
  });

  test("beyond those that can be remembered is told by its own side alone", () => {
    const told = createTold([], 2);
    expect(told.isNew(difference("missing", "1"), true)).toBe(true);
    expect(told.isNew(difference("extra", "2"), false)).toBe(true);
    expect(told.isNew(difference("extra", "3"), false)).toBe(false);
    expect(told.isNew(difference("extra", "3"), true)).toBe(true);
    expect(told.names).toHaveLength(2);
    expect(told.isNew(difference("missing", "1"), true)).toBe(false);
  });
});

describe("what is to be counted once more", () => {
  test("is known by its keys, and what another process found by its number", () => {
    const before = { ...NO_COUNTS, missing: 1, untransformable: 2, leftOut: 4, extra: 8, different: 16 };
    const confirmed = createConfirmed(before);
    const found = [difference("missing", "1"), difference("extra", "2")];
    confirmed.keep(found);
    expect(confirmed.leaveOut([["3"]])).toBe(1);
    expect(confirmed.now).toEqual({
      differences: found,
      leftOut: [["3"]],
      unknown: { absent: 7, extra: 8 },
    });
  });

  test("is a number where the keys are too many", () => {
    const confirmed = createConfirmed(NO_COUNTS, 1);
    const [kept, ...others] = [
      difference("missing", "1"),
      difference("extra", "2"),
      difference("missing", "3"),
      difference("untransformable", "4"),
      difference("different", "5"),
    ] as const;
    confirmed.keep([kept]);
    confirmed.keep(others);
    expect(confirmed.now).toEqual({ differences: [kept], leftOut: [], unknown: { absent: 2, extra: 1 } });
    expect(confirmed.leaveOut([["a"], ["b"], ["c"]])).toBe(3);
    expect(confirmed.now).toMatchObject({ leftOut: [["a"]], unknown: { absent: 4, extra: 1 } });
  });

  test("is counted once when it is left out twice, as pages that are read again show it", () => {
    const confirmed = createConfirmed(NO_COUNTS);
    expect(confirmed.leaveOut([["1"], ["2"]])).toBe(2);
    expect(confirmed.leaveOut([["2"], ["3"]])).toBe(1);
    expect(confirmed.now.leftOut).toEqual([["1"], ["2"], ["3"]]);
  });
});
