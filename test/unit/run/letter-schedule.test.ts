import { expect, test } from "vitest";
import { type DeadLetter, retryPauseMs } from "../../../src/apply/dead-letter.ts";
import { createLetterSchedule, type LetterSchedule } from "../../../src/run/letter-schedule.ts";

const NOON = Date.parse("2026-01-01T12:00:00Z");

const letter = (over: Partial<DeadLetter> = {}): DeadLetter => ({
  table: "T",
  id: "0123456789ab",
  digest: "0123456789abcdef",
  key: '["k"]',
  position: 7n,
  reason: "a text is longer than its column",
  code: "22001",
  attempts: 1,
  firstSeen: "2026-01-01T11:00:00.000Z",
  lastTried: "2026-01-01T12:00:00.000Z",
  ...over,
});

const isDue = (schedule: LetterSchedule, one: DeadLetter): boolean => schedule.due([one], false).length > 0;

function clocks() {
  let monotonic = 1_000;
  let timeOfDay = NOON;
  return {
    schedule: createLetterSchedule(
      () => monotonic,
      () => timeOfDay,
    ),
    pass: (ms: number) => {
      monotonic += ms;
      timeOfDay += ms;
    },
    setBack: (ms: number) => {
      timeOfDay -= ms;
    },
  };
}

test("the pause between two tries is 15 seconds, doubles, and ends at ten minutes", () => {
  expect([1, 2, 3, 4, 6, 7, 50].map(retryPauseMs)).toEqual([
    15_000, 30_000, 60_000, 120_000, 480_000, 600_000, 600_000,
  ]);
});

test("a letter is due once its pause is over, and not before", () => {
  const { schedule, pass } = clocks();
  const tried = letter({ attempts: 2 });
  schedule.see([tried]);
  pass(29_999);
  schedule.see([tried]);
  expect(isDue(schedule, tried)).toBe(false);
  pass(1);
  expect(isDue(schedule, tried)).toBe(true);
});

test("a retry that was asked for is due at once, and a new try begins a new pause", () => {
  const { schedule, pass } = clocks();
  schedule.see([letter()]);
  expect(isDue(schedule, letter())).toBe(false);
  const asked = letter({ lastTried: "" });
  schedule.see([asked]);
  expect(isDue(schedule, asked)).toBe(true);
  const triedAgain = letter({ attempts: 2, lastTried: "2026-01-01T12:00:00.000Z" });
  schedule.see([triedAgain]);
  expect(isDue(schedule, triedAgain)).toBe(false);
  pass(30_000);
  expect(isDue(schedule, triedAgain)).toBe(true);
});

test("what was tried before this process began counts", () => {
  const { schedule } = clocks();
  const before = letter({ lastTried: "2026-01-01T11:59:40.000Z" });
  schedule.see([before]);
  expect(isDue(schedule, before)).toBe(true);
});

test("a time of day that is set back an hour adds nothing to a pause under way", () => {
  const { schedule, pass, setBack } = clocks();
  schedule.see([letter()]);
  setBack(3_600_000);
  pass(15_000);
  schedule.see([letter()]);
  expect(isDue(schedule, letter())).toBe(true);
});

test("a last try that lies in the future costs one pause at most", () => {
  const { schedule, pass, setBack } = clocks();
  setBack(3_600_000);
  schedule.see([letter()]);
  expect(isDue(schedule, letter())).toBe(false);
  pass(15_000);
  expect(isDue(schedule, letter())).toBe(true);
});

test("a letter that came to nothing is put off, longer each time, until it is tried", () => {
  const { schedule, pass } = clocks();
  const asked = letter({ lastTried: "" });
  schedule.see([asked]);
  for (const pause of [1_000, 2_000, 4_000]) {
    schedule.postpone(asked);
    pass(pause - 1);
    expect(isDue(schedule, asked)).toBe(false);
    pass(1);
    expect(isDue(schedule, asked)).toBe(true);
  }
  const tried = letter({ attempts: 2 });
  schedule.see([tried]);
  schedule.postpone(asked);
  pass(4_000);
  expect(isDue(schedule, tried)).toBe(false);
});

test("those that have been due for longest come first, and all of them when that is asked for", () => {
  const { schedule, pass } = clocks();
  const late = letter({ digest: "a", attempts: 2, position: 1n });
  const soon = letter({ digest: "b", position: 2n });
  const asked = letter({ digest: "c", position: 3n, lastTried: "" });
  schedule.see([late, soon, asked]);
  const due = (all: boolean): readonly string[] =>
    schedule.due([late, soon, asked], all).map(({ digest }) => digest);
  expect(due(false)).toEqual(["c"]);
  expect(due(true)).toEqual(["c", "b", "a"]);
  pass(15_000);
  expect(due(false)).toEqual(["c", "b"]);
});

test("of letters that are due since the same moment, the one captured first comes first, whatever order they come in", () => {
  const { schedule } = clocks();
  const letters = [3n, 1n, 2n].map((position) =>
    letter({ digest: String(position), position, lastTried: "" }),
  );
  schedule.see(letters);
  expect(schedule.due(letters, false).map(({ position }) => position)).toEqual([1n, 2n, 3n]);
  expect(schedule.due([...letters].reverse(), false).map(({ position }) => position)).toEqual([1n, 2n, 3n]);
});

test("a letter that nobody has seen is due at once, and is not put off", () => {
  const { schedule } = clocks();
  schedule.postpone(letter());
  expect(isDue(schedule, letter())).toBe(true);
});

test("another try begins another pause, also where the number of tries is the same", () => {
  const { schedule, pass } = clocks();
  schedule.see([letter()]);
  pass(10_000);
  const again = letter({ lastTried: "2026-01-01T12:00:10.000Z" });
  schedule.see([again]);
  pass(5_000);
  expect(isDue(schedule, again)).toBe(false);
  pass(10_000);
  expect(isDue(schedule, again)).toBe(true);
});
