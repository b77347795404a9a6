import { describe, expect, test } from "vitest";
import { ANCHOR_POSITION, type Change } from "../../../src/contract/change.ts";
import { SyncError } from "../../../src/errors.ts";
import { type Anchor, afterAnchor, requireUnpurged } from "../../../src/journal/at-anchor.ts";
import { changeDigest } from "../../../src/journal/digest.ts";
import { journalReplaced } from "../../../src/journal/journal-replaced.ts";

const change = (position: number, action: Change["action"] = "UPDATE", id = "a"): Change => ({
  position: BigInt(position),
  action,
  row: action === "PURGE" ? {} : { ID: id },
});
const anchorOn = (one: Change): Anchor => ({ position: one.position, digest: changeDigest(one) });

/** What is said instead of going on. */
function refusalOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof SyncError && error.code === "JOURNAL_REPLACED") return error.message;
    throw error;
  }
  return "none";
}

describe("A read goes on from the checkpoint", () => {
  const applied = change(7);

  test("with what follows its row, which is the one that was applied", () => {
    expect(afterAnchor("T", anchorOn(applied), [applied, change(8), change(9)])).toEqual([
      change(8),
      change(9),
    ]);
    expect(afterAnchor("T", anchorOn(applied), [applied])).toEqual([]);
  });

  test("also when the values of its row were purged: that far everything is applied", () => {
    expect(afterAnchor("T", anchorOn(applied), [change(7, "PURGE"), change(8)])).toEqual([change(8)]);
  });

  test.each([
    ["its row is another", [change(7, "UPDATE", "b"), change(8)], "another change stands at"],
    ["its row is of another kind", [change(7, "DELETE"), change(8)], "another change stands at"],
    ["its row is gone", [change(9)], "the next one is 9"],
    ["nothing is there", [], "the journal ends before the checkpoint"],
    ["the journal was purged beyond it", [change(9, "PURGE"), change(10)], "purged up to position 9"],
  ])("but not when %s", (_, rows, words) => {
    expect(refusalOf(() => afterAnchor("T", anchorOn(applied), rows))).toContain(words);
  });

  test("but not when changes behind it were purged that this target has not applied", () => {
    const at = anchorOn(applied);
    expect(refusalOf(() => requireUnpurged("T", at, [change(8), change(9, "PURGE")]))).toContain(
      "purged up to position 9, the target's checkpoint is 7",
    );
    expect(refusalOf(() => requireUnpurged("T", at, [change(8), change(9)]))).toBe("none");
  });
});

test.each([
  [ANCHOR_POSITION, {}, "lacks the row that it began with"],
  [ANCHOR_POSITION, { otherJournal: true }, "made anew: it has another identity"],
  [5n, { otherJournal: true }, "made anew: it has another identity"],
  [5n, { otherRow: true }, "another change stands at the checkpoint's position"],
  [5n, { found: 8n }, "the next one is 8"],
  [5n, {}, "the journal ends before the checkpoint"],
  [5n, { purgedTo: 9n, found: 9n }, "purged up to position 9"],
])("a journal that is another at %s is told with %o", (position, mismatch, words) => {
  const error = journalReplaced("T", position, mismatch);
  expect(error.code).toBe("JOURNAL_REPLACED");
  expect(error.message).toContain(words);
  expect(error.at).toEqual({ table: "T", position });
});
