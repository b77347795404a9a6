import { expect, test } from "vitest";
import { formatSwitch } from "../../../src/cli/commands/switch.ts";
import { directionFlag, requireWayBack } from "../../../src/cli/way-back.ts";

const SINCE = "2026-01-31T23:59:59.123Z";
const answer = { serving: "blue", since: null, switched: false, reasons: [], leftThere: 0 } as const;

test("a switch says where the traffic goes, and what stays behind", () => {
  const text = formatSwitch(
    { ...answer, serving: "green", since: SINCE, switched: true, leftThere: 2 },
    "green",
  );
  expect(text.split("\n")).toEqual([
    `green serves users since ${SINCE}: send the traffic to green now`,
    "Keep `sync-tool run` at work: it carries what users do to the other side",
    "2 changes that were made on green before stay there: they were tests",
  ]);
});

test("a no says where the traffic belongs, and why", () => {
  const reasons = [{ table: "T", kind: "pending", text: "T: 2 changes are pending" }] as const;
  expect(formatSwitch({ ...answer, reasons }, "green")).toBe(
    "not switched, blue serves users: leave the traffic there, or put it back\n  - T: 2 changes are pending",
  );
  expect(
    formatSwitch({ ...answer, reasons }, "green", 20)
      .split("\n")
      .slice(1),
  ).toEqual(["  - T: 2 changes are", "    pending"]);
});

test("given again it says that nothing was to be done", () => {
  expect(formatSwitch({ ...answer, serving: "green", since: SINCE }, "green")).toBe(
    `green serves users since ${SINCE}: nothing was to be done`,
  );
  expect(formatSwitch(answer, "blue")).toBe("blue serves users since the beginning: nothing was to be done");
});

test("a try says that it was one", () => {
  expect(formatSwitch(answer, "green")).toBe(
    "nothing stands in the way of the switch to green; --dry-run changes nothing",
  );
});

test("a direction is one of two words", () => {
  expect([undefined, "forward", "back"].map(directionFlag)).toEqual([undefined, "forward", "back"]);
  expect(() => directionFlag("backward")).toThrow("--direction is");
});

test("without wayBack=true there is no way back, and the file is named", () => {
  const files = { properties: "sync.properties", deployment: "deployment.toml" };
  expect(() => requireWayBack({ files })).toThrow("wayBack is not true in sync.properties");
  expect(() => requireWayBack({ files, wayBack: true })).not.toThrow();
});
