import { expect, test } from "vitest";
import { drainText } from "../../../src/cli/commands/drain.ts";
import { progressDown } from "../../../src/cli/progress-down.ts";
import type { Reason } from "../../../src/status/arrival.ts";
import { wrap } from "../../../src/util/shorten.ts";

const TOKENS = "IDN_OAUTH2_ACCESS_TOKEN";
const reason = (kind: Reason["kind"], text: string): Reason => ({
  table: TOKENS,
  kind,
  text: `${TOKENS}: ${text}`,
});
const pending = reason("pending", "about 150,000 changes are pending");
const hole = reason("open-hole", "a transaction on the source has not ended: position 1001 may still appear");
const away: Reason = {
  table: "",
  kind: "no-answer",
  text: "no answer: target PostgreSQL: the connection was refused [ECONNREFUSED]",
};

/** As a terminal shows it. */
function shown(width: number, ...looks: readonly (readonly [left: number, ...Reason[]])[]): string {
  let nowMs = 0;
  const say = progressDown("pending", () => nowMs);
  let line = "";
  for (const [left, ...reasons] of looks) {
    line = wrap(drainText(say(left), reasons), width - 1, "  ").join("\n");
    nowMs += 10_000;
  }
  return line;
}

test("200,000 pending: how many are left, how long, and what else is in the way", () => {
  expect(shown(80, [200_000, pending], [150_000, pending])).toBe(
    "150,000 of 200,000 pending, 30 s left; IDN_OAUTH2_ACCESS_TOKEN: about 150,000\n  changes are pending",
  );
  expect(shown(120, [200_000, pending], [150_000, pending])).toBe(
    "150,000 of 200,000 pending, 30 s left; IDN_OAUTH2_ACCESS_TOKEN: about 150,000 changes are pending",
  );
});

test("a hole comes before what is pending behind it", () => {
  expect(shown(120, [200_000, pending], [200_000, pending, hole])).toBe(
    "200,000 of 200,000 pending; IDN_OAUTH2_ACCESS_TOKEN: a transaction on the source has not ended: position 1001 may still\n  appear",
  );
});

test("green killed: no answer, and why; when it is back the count goes on from the same whole", () => {
  const gone = shown(80, [200_000, pending], [0, away]);
  expect(gone).toBe("no answer: target PostgreSQL: the connection was refused [ECONNREFUSED]");
  expect(shown(80, [200_000, pending], [0, away], [50_000, pending])).toMatch(/^50,000 of 200,000 pending/);
});

test("the end is told as such, and how many reasons there are", () => {
  expect(shown(80, [0])).toBe("drained");
  expect(drainText("", [hole, reason("gap", "changes may be missing")])).toMatch(
    /may still appear, and 1 more$/,
  );
});
