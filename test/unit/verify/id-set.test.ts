import { expect, test } from "vitest";
import { createIdSet } from "../../../src/verify/id-set.ts";

test("keys that were added are found, also after more were added, and no others", () => {
  const ids = createIdSet();
  expect(ids.has(["k0"])).toBe(false);
  for (let n = 0; n < 3_000; n++) ids.add([`k${n}`, null]);
  expect(ids.has(["k0", null])).toBe(true);
  for (let n = 3_000; n < 5_000; n++) ids.add([`k${n}`, null]);
  for (let n = 0; n < 5_000; n++) expect(ids.has([`k${n}`, null])).toBe(true);
  for (let n = 5_000; n < 10_000; n++) expect(ids.has([`k${n}`, null])).toBe(false);
  expect(ids.has(["k0", ""])).toBe(false);
});
