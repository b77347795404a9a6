import { type DeadLetter, retryPauseMs } from "../apply/dead-letter.ts";
import { type Clock, monotonic } from "../util/monotonic.ts";

/** When the dead letters of a table are tried again: at once when that was asked for, else after a pause that doubles. */
export interface LetterSchedule {
  /** Takes in all letters that the target holds now. */
  see(letters: readonly DeadLetter[]): void;
  isDue(letter: DeadLetter): boolean;
}

interface Appointment {
  readonly letter: DeadLetter;
  readonly dueAt: number;
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
  let appointments: ReadonlyMap<string, Appointment> = new Map();

  function appoint(letter: DeadLetter): Appointment {
    const known = appointments.get(letter.id);
    const isSame = known?.letter.lastTried === letter.lastTried && known.letter.attempts === letter.attempts;
    if (known !== undefined && isSame) return known;
    return { letter, dueAt: now() + restOfPause(letter, timeOfDay()) };
  }

  return {
    see(letters) {
      appointments = new Map(letters.map((letter) => [letter.id, appoint(letter)]));
    },
    isDue: ({ id }) => (appointments.get(id)?.dueAt ?? 0) <= now(),
  };
}

function restOfPause({ lastTried, attempts }: DeadLetter, timeOfDay: number): number {
  if (lastTried === "") return 0;
  const pause = retryPauseMs(attempts);
  return Math.min(pause, Math.max(0, pause - (timeOfDay - Date.parse(lastTried))));
}
