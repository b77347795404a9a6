import { describe, expect, it } from "vitest";
import { compareVersions, isCrossed } from "../../../src/transform/version-order.ts";

describe("the order of versions", () => {
  it("is by number and not by letter", () => {
    const shuffled = ["5.10.0", "5.4.1", "5.11.0", "5.9.0", "5.4.0", "5.1.0"];
    expect(shuffled.sort(compareVersions)).toEqual(["5.1.0", "5.4.0", "5.4.1", "5.9.0", "5.10.0", "5.11.0"]);
    expect(compareVersions("5.10.0", "5.10.0")).toBe(0);
  });

  it.each([
    ["5.7.0", "5.8.0", "5.8.0", true],
    ["5.7.0", "5.8.0", "5.11.0", true],
    ["5.8.0", "5.8.0", "5.11.0", false],
    ["5.7.0", "5.8.0", "5.7.0", false],
    ["5.9.0", "5.10.0", "5.11.0", true],
    ["5.9.0", "5.10.0", "5.9.0", false],
  ])("from %s the step %s applies on the way to %s: %s", (source, step, target, applies) => {
    expect(isCrossed(step, source, target)).toBe(applies);
  });

  it("takes nothing for a version that is none", () => {
    expect(() => compareVersions("5.8", "5.8.0")).toThrow("Not a version of three numbers: 5.8");
  });
});
