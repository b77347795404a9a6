import { describe, expect, test } from "vitest";
import {
  type Decision,
  decideRefused,
  type Findings,
  type Question,
  type RefusedChange,
} from "../../../src/apply/decide-refused.ts";

const about = (over: Partial<RefusedChange> = {}): RefusedChange => ({
  refusal: "row",
  change: "write",
  keyIsKnown: true,
  hasChildren: false,
  policy: "dead-letter",
  canBeRetired: false,
  hasOtherRow: false,
  ...over,
});

/** Goes on until something is to be done; the questions that were asked, then the act. */
function decide(change: RefusedChange, answers: Findings): readonly string[] {
  const asked: string[] = [];
  let found: Findings = {};
  for (;;) {
    const decision: Decision = decideRefused(change, found);
    if ("act" in decision) return [...asked, decision.act];
    const { ask } = decision;
    expect(asked).not.toContain(ask);
    expect(answers, `${ask} was asked for`).toHaveProperty(ask);
    asked.push(ask);
    found = { ...found, [ask]: answers[ask] };
  }
}

const CURRENT = { isOutdated: false } as const;
const OUTDATED = { isOutdated: true } as const;
const FIRST: Question = "isOutdated";
const REFUSALS = ["row", "parent", "unique"] as const;
const POLICIES = ["dead-letter", "keep-target", "newest"] as const;

describe("A change that the target refused", () => {
  test.each(["delete", "respelled"] as const)(
    "line 1: an outdated %s is set aside with keep-target, so that its row is not taken for green's own",
    (change) => {
      for (const refusal of REFUSALS)
        expect(decide(about({ refusal, change, policy: "keep-target" }), OUTDATED)).toEqual([
          FIRST,
          "set aside",
        ]);
    },
  );

  test("line 2: any other outdated change is passed, whatever was refused", () => {
    for (const refusal of REFUSALS)
      for (const policy of POLICIES)
        for (const change of ["write", "delete", "respelled"] as const)
          if (change === "write" || policy !== "keep-target")
            expect(decide(about({ refusal, policy, change, hasOtherRow: true }), OUTDATED)).toEqual([
              FIRST,
              "pass",
            ]);
  });

  test("line 3: a deletion is tried with the row's children first", () => {
    for (const refusal of REFUSALS)
      expect(decide(about({ refusal, change: "delete", hasChildren: true }), CURRENT)).toEqual([
        FIRST,
        "delete with children",
      ]);
  });

  test("line 4: other deletions are set aside: without children, of a key that is not known, of an old spelling", () => {
    for (const change of [
      about({ change: "delete" }),
      about({ change: "delete", hasChildren: true, keyIsKnown: false }),
      about({ change: "respelled", hasChildren: true }),
    ])
      expect(decide(change, CURRENT)).toEqual([FIRST, "set aside"]);
  });

  test("line 5: a row whose parent is gone from the source is passed", () => {
    for (const policy of POLICIES)
      expect(decide(about({ refusal: "parent", policy }), { ...CURRENT, parent: "gone" })).toEqual([
        FIRST,
        "parent",
        "pass",
      ]);
  });

  test.each(["not written", "missing", "there"] as const)(
    "line 6: a row whose parent is %s waits while the parent's journal may still bring it",
    (parent) => {
      for (const policy of POLICIES)
        expect(
          decide(about({ refusal: "parent", policy }), { ...CURRENT, parent, parentMayCome: true }),
        ).toEqual([FIRST, "parent", "parentMayCome", "wait"]);
    },
  );

  test("line 7: with keep-target a row goes with the parent that was dropped", () => {
    const findings = {
      ...CURRENT,
      parent: "not written",
      parentMayCome: false,
      parentIsSetAside: false,
    } as const;
    expect(decide(about({ refusal: "parent", policy: "keep-target" }), findings)).toEqual([
      FIRST,
      "parent",
      "parentMayCome",
      "parentIsSetAside",
      "drop",
    ]);
  });

  test("line 8: without a parent that may come a row is set aside", () => {
    const settled = { ...CURRENT, parentMayCome: false } as const;
    const asked = [FIRST, "parent", "parentMayCome"];
    for (const parent of ["not written", "missing", "there"] as const)
      for (const policy of ["dead-letter", "newest"] as const)
        expect(decide(about({ refusal: "parent", policy }), { ...settled, parent })).toEqual([
          ...asked,
          "set aside",
        ]);
    for (const parent of ["missing", "there"] as const)
      expect(decide(about({ refusal: "parent", policy: "keep-target" }), { ...settled, parent })).toEqual([
        ...asked,
        "set aside",
      ]);
    const withLetter = { ...settled, parent: "not written", parentIsSetAside: true } as const;
    expect(decide(about({ refusal: "parent", policy: "keep-target" }), withLetter)).toEqual([
      ...asked,
      "parentIsSetAside",
      "set aside",
    ]);
  });

  test("line 9: the transformation's other row comes before any policy", () => {
    for (const policy of POLICIES)
      expect(decide(about({ refusal: "unique", policy, hasOtherRow: true }), CURRENT)).toEqual([
        FIRST,
        "write other row",
      ]);
  });

  test("line 10: a policy that has no answer sets aside", () => {
    expect(decide(about({ refusal: "unique", canBeRetired: true }), CURRENT)).toEqual([FIRST, "set aside"]);
    expect(decide(about({ refusal: "unique", policy: "newest" }), CURRENT)).toEqual([FIRST, "set aside"]);
  });

  test.each(["under way", "nobody"] as const)("line 11: a key that is held by %s is set aside", (holder) => {
    for (const policy of ["keep-target", "newest"] as const)
      expect(
        decide(about({ refusal: "unique", policy, canBeRetired: true }), { ...CURRENT, holder }),
      ).toEqual([FIRST, "holder", "set aside"]);
  });

  test("line 12: with keep-target the target's row stays", () => {
    for (const canBeRetired of [true, false])
      expect(
        decide(about({ refusal: "unique", policy: "keep-target", canBeRetired }), {
          ...CURRENT,
          holder: "green",
        }),
      ).toEqual([FIRST, "holder", "drop"]);
  });

  test.each([
    ["13", "source", "retire the holder"],
    ["14", "target", "write retired"],
  ] as const)("line %s: with newest, when the %s's is newer: %s", (_line, newer, act) => {
    const token = about({ refusal: "unique", policy: "newest", canBeRetired: true });
    expect(decide(token, { ...CURRENT, holder: "green", newer })).toEqual([FIRST, "holder", "newer", act]);
  });

  test("line 4: what leaves no row is set aside without a look for parents or holders", () => {
    for (const refusal of REFUSALS)
      for (const policy of POLICIES)
        for (const change of ["delete", "respelled"] as const)
          expect(
            decide(about({ refusal, policy, change, hasOtherRow: true, canBeRetired: true }), CURRENT),
          ).toEqual([FIRST, "set aside"]);
  });

  test("line 15: a row that does not fit is set aside", () => {
    for (const policy of POLICIES)
      expect(
        decide(about({ policy, hasOtherRow: true, canBeRetired: true, hasChildren: true }), CURRENT),
      ).toEqual([FIRST, "set aside"]);
  });
});
