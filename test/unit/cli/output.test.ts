import { expect, test } from "vitest";
import { formatTable } from "../../../src/cli/output.ts";

test("a table aligns texts to the left and numbers to the right", () => {
  const rows = [
    ["IDN_OAUTH2_ACCESS_TOKEN", "yes", "12"],
    ["IDN_IDENTITY_USER_DATA", "no", "-"],
  ];
  expect(formatTable(["TABLE", "CAPTURED", "PENDING"], rows).split("\n")).toEqual([
    "TABLE                    CAPTURED  PENDING",
    "IDN_OAUTH2_ACCESS_TOKEN  yes            12",
    "IDN_IDENTITY_USER_DATA   no              -",
  ]);
});
