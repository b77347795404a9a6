import { type DeadLetter, retryPauseMs } from "../apply/dead-letter.ts";
import { type Clock, monotonic } from "../util/monotonic.ts";

/** When the dead letters of a table are tried again: at once when that was asked for, else after a pause that doubles. */
export interface LetterSchedule {
  /** Takes in all letters that there are now. */
  see(letters: readonly DeadLetter[]): void;
  /** Those of the letters whose time has come, or all of them; longest due first. */
  due(letters: readonly DeadLetter[], all: boolean): readonly DeadLetter[];
  /** Leaves a letter alone, longer each time, although the target knows nothing of a try; not one that was tried since. */
  postpone(letter: DeadLetter): void;
}

interface Appointment {
  readonly letter: DeadLetter;
  readonly dueAt: number;
  /** How often it was put off. */
  readonly postponed: number;
}

/**
 * The target keeps the time of day of the last try, which a restart has to go by. Once a letter was seen its pause runs
 * by a clock that cannot go back; a last try that seems to lie in the future, since the time of day was set back, costs
 * no more than one whole pause.
 */
export function createLetterSchedule(
  now: Clock = monotonic,
  timeOfDay: () => number = Date.now,
): LetterSchedule {
  let appointments = new Map<string, Appointment>();

  function appoint(letter: DeadLetter): Appointment {
    const known = appointments.get(letter.digest);
    if (known !== undefined && isSame(known.letter, letter)) return known;
    return { letter, dueAt: now() + restOfPause(letter, timeOfDay()), postponed: 0 };
  }

  const dueAt = ({ digest }: DeadLetter): number => appointments.get(digest)?.dueAt ?? 0;

  return {
    see(letters) {
      appointments = new Map(letters.map((letter) => [letter.digest, appoint(letter)]));
    },
    due: (letters, all) =>
      letters
        .filter((letter) => all || dueAt(letter) <= now())
        .sort((a, b) => dueAt(a) - dueAt(b) || (a.position < b.position ? -1 : 1)),
    postpone(letter) {
      const known = appointments.get(letter.digest);
      if (known === undefined || !isSame(known.letter, letter)) return;
      const postponed = known.postponed + 1;
      appointments.set(letter.digest, { letter, dueAt: now() + putOffMs(postponed), postponed });
    },
  };
}

const isSame = (a: DeadLetter, b: DeadLetter): boolean =>
  a.lastTried === b.lastTried && a.attempts === b.attempts;

/** From a second, doubling up to as long as the pause of a letter that was tried often. */
const putOffMs = (times: number): number => Math.min(retryPauseMs(50), 1_000 * 2 ** Math.min(times - 1, 20));

function restOfPause({ lastTried, attempts }: DeadLetter, timeOfDay: number): number {
  if (lastTried === "") return 0;
  const pause = retryPauseMs(attempts);
  return Math.min(pause, Math.max(0, pause - (timeOfDay - Date.parse(lastTried))));
}
