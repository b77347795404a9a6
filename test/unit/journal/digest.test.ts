import { expect, test } from "vitest";
import type { Change } from "../../../src/contract/change.ts";
import { changeDigest, isDigestOf } from "../../../src/journal/digest.ts";

const change = (row: Change["row"], action: Change["action"] = "INSERT"): Change => ({
  position: 1n,
  action,
  row,
});

test("a journal row has the digest that earlier versions stored", () => {
  expect(changeDigest(change({ ID: "a", VALUE: "b" }))).toBe(
    "e493072ef85b181bfe45963230c5aecf0c389031afbb74b5ad8a8d2a150d09f7",
  );
});

test("the order of columns, the position and columns that are null do not count", () => {
  const digest = changeDigest(change({ ID: "a", VALUE: "b" }));
  expect(changeDigest(change({ VALUE: "b", ID: "a" }))).toBe(digest);
  expect(changeDigest({ ...change({ ID: "a", VALUE: "b" }), position: 2n })).toBe(digest);
  expect(changeDigest(change({ ID: "a", VALUE: "b", ADDED_LATER: null }))).toBe(digest);
});

test("every value, its column and the action count", () => {
  const all = [
    change({ ID: "a", VALUE: "b" }),
    change({ ID: "a", VALUE: "b" }, "UPDATE"),
    change({ ID: "a", VALUE: "" }),
    change({ ID: "a", VALUE: null }),
    change({ ID: "b", VALUE: "a" }),
    change({ ID: "a\nVALUE=1:b" }),
    change({ ID: "a", OTHER: "b" }),
  ];
  expect(new Set(all.map(changeDigest)).size).toBe(7);
});

test("text and the same bytes have one digest, as databases carry a column either way", () => {
  expect(changeDigest(change({ ID: Buffer.from("a") }))).toBe(changeDigest(change({ ID: "a" })));
});

test("the time of capture counts, and a checkpoint from before there was one still fits", () => {
  const timed: Change = { ...change({ ID: "a" }), capturedAt: "2026-01-31 10:00:00.000001" };
  const later: Change = { ...timed, capturedAt: "2026-01-31 10:00:00.000002" };
  expect(isDigestOf(changeDigest(timed), timed)).toBe(true);
  expect(isDigestOf(changeDigest(change({ ID: "a" })), timed)).toBe(true);
  expect(isDigestOf(changeDigest(timed), later)).toBe(false);
  expect(isDigestOf(changeDigest(timed), change({ ID: "a" }))).toBe(false);
});
