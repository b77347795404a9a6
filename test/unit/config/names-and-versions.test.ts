import { describe, expect, it } from "vitest";
import { editDistance, nearestName } from "../../../src/config/nearest-name.ts";
import { compareVersions, IS_VERSIONS, isIsVersion, isStepBetween } from "../../../src/config/versions.ts";

describe("editDistance", () => {
  it.each([
    ["", "", 0],
    ["abc", "", 3],
    ["kitten", "sitting", 3],
    ["batchSzie", "batchSize", 1],
    ["flaw", "lawn", 2],
  ])("from %j to %j is %i", (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });
});

describe("nearestName", () => {
  it.each([
    ["batchsize", "batchSize"],
    ["host", "hostname"],
    ["user", undefined],
    ["colour", undefined],
  ])("of %s is %s", (name, nearest) => {
    expect(nearestName(name, ["batchSize", "hostname", "syncInterval"])).toBe(nearest);
  });
});

describe("versions", () => {
  it("are ordered as released, not as text", () => {
    expect([...IS_VERSIONS].reverse().sort(compareVersions)).toEqual([
      "5.0.0",
      "5.1.0",
      "5.2.0",
      "5.3.0",
      "5.4.0",
      "5.4.1",
      "5.5.0",
      "5.6.0",
      "5.7.0",
      "5.8.0",
      "5.9.0",
      "5.10.0",
      "5.11.0",
    ]);
  });

  it.each([
    ["5.7.0", "5.7.0", "5.11.0", false],
    ["5.8.0", "5.7.0", "5.11.0", true],
    ["5.11.0", "5.10.0", "5.11.0", true],
    ["5.11.0", "5.11.0", "5.11.0", false],
    ["5.11.0", "5.9.0", "5.10.0", false],
  ] as const)("step %s from %s to %s: %s", (step, source, target, applies) => {
    expect(isStepBetween(step, source, target)).toBe(applies);
  });

  it("know their own names only", () => {
    expect([isIsVersion("5.4.1"), isIsVersion("5.4.2"), isIsVersion("5.11")]).toEqual([true, false, false]);
  });
});
