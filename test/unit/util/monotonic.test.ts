import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { monotonic } from "../../../src/util/monotonic.ts";

const SRC = join(import.meta.dirname, "../../../src");

/** Files that may ask for the time of day: people read it, it is stored, or it is what is looked at. */
const TIME_OF_DAY: Readonly<Record<string, string>> = {
  "capture/capture-gap.ts": "stored with a gap, for people",
  "capture/prepare-gaps.ts": "stored with a gap, for people",
  "capture/seen.ts": "stored with what was seen, for people",
  "cli/commands/doctor.ts": "says when checks were made",
  "copy/copy-letters.ts": "stored with a dead letter",
  "dialect/mssql/write-rows.ts": "the calendar of a date that is written",
  "doctor/connection-checks.ts": "compares the clock of this machine with those of the servers",
  "log.ts": "says how old a file is",
  "run/late-changes.ts": "stored with the positions that were passed",
  "run/letter-schedule.ts": "compared with a stored time, once",
  "run/pulse.ts": "stored with who runs, for people",
  "run/table-letters.ts": "stored with a dead letter",
  "state/pause.ts": "stored with a pause, for people",
  "state/stopped.ts": "stored with the reason why a group has stopped",
  "status/snapshot.ts": "says when a look was taken",
  "switch/switch-over.ts": "stored with who serves, for people",
  "throttle/throttle.ts": "says since when work is held back",
  "util/json-document.ts": "says when a document was made",
  "verify/table-pass.ts": "says when rows were read",
  "verify/verify.ts": "stored with a finished state",
};

afterEach(() => {
  vi.useRealTimers();
});

test("the time of day is asked for where people read it or it is stored, and nowhere else", () => {
  const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  const asking = files.filter((name) =>
    /\bDate\.now\b|\bnew Date\b|(?<![.\w])Date\(\)/.test(readFileSync(join(SRC, name), "utf8")),
  );
  expect(asking.sort()).toEqual(Object.keys(TIME_OF_DAY).sort());
});

test("the clock for intervals goes on when the time of day is set back", () => {
  const before = monotonic();
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - 3_600_000 });
  const after = monotonic();
  expect(after).toBeGreaterThanOrEqual(before);
  expect(after - before).toBeLessThan(60_000);
});
