import { setImmediate } from "node:timers/promises";
import type { Key, Position } from "../contract/change.ts";
import { valuesIn } from "../contract/read-rows.ts";
import type { Side } from "../contract/side.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import { equalityClass, exactKey } from "./key-equality.ts";
import { createPositionIndex, type PositionIndex } from "./position-index.ts";
import { changeDecoder, keysAlone, readJournal } from "./read-changes.ts";

/** A row by the source's key, and the position that changes of it are looked for behind. */
export interface LaterQuestion {
  readonly after: Position;
  readonly key: Key;
}

/** Knows of one journal whether a row is changed again further on. */
export interface LaterChanges {
  /**
   * Gets ready for these questions, and for others about rows behind the first of them. Reads the journal, so it is to be
   * done while no transaction is open.
   */
  prepare(questions: readonly LaterQuestion[]): Promise<void>;
  /** Whether the journal holds a change of the row after the position. The end of an old spelling is none. */
  has(question: LaterQuestion): Promise<boolean>;
  /** Forgets everything: the backlog is applied, or the journal may be another. */
  forget(): void;
}

export interface LaterOptions {
  /** So many questions are searched for one by one before the keys of the backlog are read; default 8. */
  readonly searches?: number;
  /** Rows of the backlog that are kept in mind; default a million and a half, in 16 MB. */
  readonly maxRows?: number;
}

const PAGE = 10_000;
/** Positions that one statement names. */
const MAX_LOOKS = 500;

/**
 * Each search goes through what is pending. Where many changes are refused, the keys of the whole backlog are read once
 * instead, and the last position of each is kept under a number that stands for it. Two keys may share a number, and so do those
 * that only the database can tell apart: "none" is certain, any other answer is made sure of by looking at the change
 * found. What becomes visible later at an earlier position is not seen, as it would not have been by a search made then.
 */
export function createLaterChanges(
  source: Side,
  table: TablePlan,
  { searches = 8, maxRows = 1_500_000 }: LaterOptions = {},
): LaterChanges {
  const { dialect, db } = source;
  const columns = table.key.map((column) => column.source);
  const keysOnly = keysAlone(table);
  const toChange = changeDecoder(source, keysOnly);
  let searched = 0;
  let index: PositionIndex | undefined;
  const answers = new Map<string, boolean>();
  const nameOf = ({ after, key }: LaterQuestion): string => `${after} ${exactKey(key)}`;
  const classOf = (key: Key): string => equalityClass(columns, key);

  /** Takes in the changes that have come since the last time. */
  async function readOn(known: PositionIndex): Promise<void> {
    while (!known.isFull) {
      const statement = dialect.sql.readChanges(keysOnly, known.to + 1n, PAGE);
      const rows = await readJournal(source, statement);
      for (const { position, action, row } of rows.map(toChange)) {
        const isChange = ["INSERT", "UPDATE", "DELETE"].includes(action);
        known.add(position, isChange ? classOf(valuesIn(columns, row)) : undefined);
      }
      if (rows.length < PAGE) return;
      await setImmediate();
    }
  }

  /** "none" is certain; a position is that of a change that may be one of the row; undefined: the index does not know. */
  function lookUp({ after, key }: LaterQuestion): "none" | Position | undefined {
    if (index === undefined || after < index.from) return undefined;
    const last = index.last(classOf(key));
    if (last !== undefined && last > after) return last;
    return index.isFull ? undefined : "none";
  }

  async function lookAt(found: readonly (readonly [LaterQuestion, Position])[]): Promise<void> {
    for (let i = 0; i < found.length; i += MAX_LOOKS) {
      const part = found.slice(i, i + MAX_LOOKS);
      const statement = dialect.sql.readChangesAt(keysOnly, [
        ...new Set(part.map(([, position]) => position)),
      ]);
      const rows = (await readJournal(source, statement)).map(toChange);
      const keys = new Map(rows.map(({ position, row }) => [position, exactKey(valuesIn(columns, row))]));
      for (const [question, position] of part)
        if (keys.get(position) === exactKey(question.key)) answers.set(nameOf(question), true);
    }
  }

  async function search({ after, key }: LaterQuestion): Promise<boolean> {
    searched += 1;
    // A full index knows that no change of the row stands as far as it reaches.
    const isPast = index?.isFull === true && after >= index.from && lookUp({ after, key }) === undefined;
    const from = isPast && index !== undefined && index.to > after ? index.to : after;
    const statement = dialect.sql.laterChange(table, from, key);
    return (await db.query(statement.sql, statement.params)).length > 0;
  }

  return {
    async prepare(questions) {
      answers.clear();
      const [one] = questions;
      if (one === undefined || searched < searches) return;
      const first = questions.reduce((low, { after }) => earlier(low, after), one.after);
      // One that is full is made anew once half of what it holds lies behind.
      const isUsedUp = index?.isFull === true && first - index.from > (index.to - index.from) / 2n;
      if (index === undefined || first < index.from || isUsedUp) index = createPositionIndex(first, maxRows);
      await readOn(index);
      await lookAt(
        questions.flatMap((question) => {
          const at = lookUp(question);
          return typeof at === "bigint" ? [[question, at] as const] : [];
        }),
      );
    },
    async has(question) {
      const name = nameOf(question);
      const known = answers.get(name);
      if (known !== undefined) return known;
      const at = lookUp(question);
      if (at === "none") return false;
      if (at !== undefined) await lookAt([[question, at]]);
      const answer = answers.get(name) ?? (await search(question));
      answers.set(name, answer);
      return answer;
    },
    forget() {
      index = undefined;
      searched = 0;
      answers.clear();
    },
  };
}

function earlier(a: Position, b: Position): Position {
  return a < b ? a : b;
}
