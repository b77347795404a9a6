import {
  type CaptureState,
  captureNames,
  deviations,
  journalLock,
  WIDEN_FIRST,
  widenJournals,
} from "../capture/capture-state.ts";
import { journalUpgrade } from "../capture/journal-upgrade.ts";
import { findLeftovers } from "../capture/leftovers.ts";
import { type Checkpoint, readCheckpoint } from "../checkpoint/checkpoint.ts";
import type { DdlStep, Dialect, ObjectRef, Statement } from "../contract/dialect.ts";
import { sharedTables } from "../contract/object-names.ts";
import type { Queryable } from "../db/database.ts";
import { SyncError } from "../errors.ts";
import { countDeadLetters } from "../status/count-dead-letters.ts";
import type { Check, Mend, Outcome } from "./check.ts";
import type { DoctorContext } from "./doctor-context.ts";

/** Whether our own objects are there and unaltered on both sides. */
export const captureChecks: readonly Check[] = [
  {
    id: "source.capture",
    group: "capture",
    title: "journals and triggers on the source",
    cheap: true,
    run: captured,
  },
  { id: "source.backlog", group: "capture", title: "changes not applied yet", cheap: false, run: backlog },
  {
    id: "target.leftovers",
    group: "capture",
    title: "copies of journals and triggers on the target",
    cheap: true,
    run: leftovers,
  },
  {
    id: "target.checkpoints",
    group: "capture",
    title: "checkpoints on the target",
    cheap: true,
    run: checkpoints,
  },
  { id: "target.dead-letters", group: "capture", title: "dead letters", cheap: true, run: deadLetters },
];

const OR_PREPARE: Mend = { on: "elsewhere", text: "Or run `sync-tool prepare`, which does the same" };

const UNLOCK: Mend = {
  on: "elsewhere",
  text: "End the session that holds the lock, at once: users wait for it. Then `sync-tool doctor` again",
};

const NONE_RESTORED = "the target has none of the tables yet";

const LONG_BACKLOG = 1_000_000;

async function captured({ capture, source }: DoctorContext): Promise<Outcome> {
  const wanted = "a journal and unaltered triggers for each table";
  const dialect = await source.dialect();
  const states = await capture();
  const wrong = states.flatMap((state) => [
    ...state.missing.map(({ kind, name }) => `${kind} ${name} is missing`),
    ...deviations(state),
  ]);
  if (states.length === 0) return { status: "unknown", found: "no table can be planned", wanted };
  const locked = states.flatMap((state) =>
    journalLock(state).map((lock) => `${state.table.names.journal}: ${lock}`),
  );
  if (locked.length > 0)
    return { status: "fail", found: [...wrong, ...locked].join("; "), wanted, mend: [UNLOCK] };
  if (wrong.length === 0) return { status: "ok", found: `complete for ${states.length} tables`, wanted };
  const widen = widenJournals(dialect, states);
  const statements = [...widen, ...states.flatMap((state) => mendCapture(dialect, state))];
  return {
    status: "fail",
    found: wrong.join("; "),
    wanted,
    mend: [
      ...[...dialect.ddl.session(), ...statements].map((text): Mend => ({ on: "source", text })),
      {
        on: "elsewhere",
        text:
          widen.length > 0
            ? WIDEN_FIRST
            : "Or run `sync-tool prepare`, which does the same; changes made meanwhile are not captured: verify, or take the dump again",
      },
    ],
  };
}

/** What `prepare` would do for one table: journal columns before triggers, altered triggers replaced. */
function mendCapture(dialect: Dialect, state: CaptureState): readonly string[] {
  if (state.foreign.length > 0) return [];
  const isIn = (list: readonly ObjectRef[], object: ObjectRef): boolean =>
    list.some((other) => other.kind === object.kind && other.name === object.name);
  const drifted = state.drifted.map(({ object }) => object);
  const mend = (step: DdlStep): readonly string[] => {
    if (isIn(state.missing, step.object)) return step.sql;
    if (!isIn(drifted, step.object)) return [];
    if (step.object.kind === "journal") return journalUpgrade(dialect, state);
    // Where DDL is transactional, a step replaces what is there.
    if (step.object.kind !== "trigger" || dialect.capabilities.transactionalDdl) return step.sql;
    const table = step.object.table ?? "";
    return dialect.ddl.replaceTrigger(table, [...dialect.ddl.drop(step.object), ...step.sql]);
  };
  return dialect.ddl.capture(state.table).flatMap(mend);
}

async function backlog({ capture, source, target }: DoctorContext): Promise<Outcome> {
  const wanted = `below ${LONG_BACKLOG}`;
  const [from, to] = [await source.dialect(), await target.dialect()];
  const counts: string[] = [];
  let longest = 0;
  for (const { table, journalId, lock } of await capture()) {
    // To count, one would wait for the lock, of which `source.capture` tells.
    if (journalId === undefined || lock?.isUnreadable === true) continue;
    const name = table.targetNames.checkpoint;
    if (table.awaitsRestore) {
      counts.push(`${table.name} all`);
      continue;
    }
    const [found] = await to.introspector.objects(await target.db(), [name]);
    const position =
      found === undefined ? undefined : (await readCheckpoint(await target.db(), to, name))?.position;
    const count = from.sql.countChanges(table.names.journal, position ?? 0n, LONG_BACKLOG);
    const [row] = await (await source.db()).query(count.sql, count.params);
    const pending = Number(row?.["n"] ?? row?.["N"] ?? 0);
    longest = Math.max(longest, pending);
    if (pending > 0) counts.push(`${table.name} ${pending >= LONG_BACKLOG ? "at least " : ""}${pending}`);
  }
  const found = counts.length === 0 ? "none" : counts.join(", ");
  if (longest < LONG_BACKLOG) return { status: "ok", found, wanted };
  const text = "Start `sync-tool run`; a larger batchSize makes it faster";
  return { status: "warn", found, wanted, mend: [{ on: "elsewhere", text }] };
}

async function leftovers({ planned, capture, target, request }: DoctorContext): Promise<Outcome> {
  const wanted = "none: they slow green down and keep copies of its tokens";
  const dialect = await target.dialect();
  const { restored } = await planned();
  if (restored.length === 0) return { status: "unknown", found: NONE_RESTORED, wanted };
  const states = await capture();
  const journals = new Map(
    states.flatMap(({ table, journalId }) =>
      journalId === undefined ? [] : [[table.name, { id: journalId, digest: "" }] as const],
    ),
  );
  try {
    const { objects, unseen } = await findLeftovers(
      await target.db(),
      dialect,
      restored,
      journals,
      request.wayBack,
    );
    if (objects.length === 0) return { status: "ok", found: "none", wanted };
    const order: readonly ObjectRef["kind"][] = ["trigger", "function", "sequence", "journal"];
    // The statements for a trigger drop its function too, where there is one.
    const known = order.flatMap((kind) => objects.filter((object) => object.kind === kind));
    const names = new Set(states.flatMap(({ table }) => captureNames(dialect.ddl.capture(table))));
    const statements = [...unseen.filter(({ name }) => names.has(name)), ...known].flatMap((object) =>
      dialect.ddl.drop(object),
    );
    const mend = [...new Set(statements)].map((text): Mend => ({ on: "target", text }));
    const found = objects.map(({ kind, name }) => `${kind} ${name}`).join(", ");
    return { status: "fail", found, wanted, mend: [...mend, OR_PREPARE] };
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    return { status: "fail", found: error.message, wanted, mend: [{ on: "elsewhere", text: error.next }] };
  }
}

async function checkpoints({ capture, target }: DoctorContext): Promise<Outcome> {
  const wanted = "one of the source's journal for each table, and the tables of dead letters and of state";
  const dialect = await target.dialect();
  const db = await target.db();
  const states = (await capture()).filter(({ table }) => !table.awaitsRestore);
  const first = states[0];
  if (first === undefined) return { status: "unknown", found: NONE_RESTORED, wanted };
  const [letters = "", state = ""] = sharedTables(first.table.target.name);
  const names = [...states.map(({ table }) => table.targetNames.checkpoint), letters, state];
  const present = new Set(
    (await dialect.introspector.objects(db, names)).map(({ name }) => name.toUpperCase()),
  );
  const wrong: string[] = [];
  const hidden: string[] = [];
  const notBegun: string[] = [];
  const mend: Mend[] = [];
  const statement = (text: string): number => mend.push({ on: "target", text });
  for (const { table, journalId } of states) {
    const name = table.targetNames.checkpoint;
    const isThere = present.has(name.toUpperCase());
    const checkpoint = await tryToRead(db, dialect, name);
    if (checkpoint === "not allowed") {
      hidden.push(name);
      continue;
    }
    if (checkpoint !== undefined) {
      if (checkpoint.journalId === journalId || journalId === undefined) continue;
      wrong.push(`${name} belongs to another journal`);
      const text = "Changes may be missing: take a new dump, then `sync-tool prepare --accept-new-journal`";
      mend.push({ on: "elsewhere", text });
      continue;
    }
    // As the target script leaves it: `run` writes the row.
    if (isThere) {
      notBegun.push(name);
      continue;
    }
    wrong.push(`${name} is missing`);
    for (const sql of dialect.ddl.checkpoint(name).sql) statement(sql);
    if (journalId !== undefined)
      statement(
        inWords(dialect.sql.insertCheckpoint(name, { lane: 0, position: 0n, journalId, digest: "" })),
      );
  }
  for (const { object, sql } of [dialect.ddl.deadLetters(letters), dialect.ddl.state(state)]) {
    if (present.has(object.name.toUpperCase()) || hidden.length > 0) continue;
    wrong.push(`${object.name} is missing`);
    for (const text of sql) statement(text);
  }
  if (mend.some(({ on }) => on === "target")) mend.push(OR_PREPARE);
  if (wrong.length > 0) return { status: "fail", found: wrong.join("; "), wanted, mend };
  if (hidden.length === 0) {
    const begins = notBegun.length === 0 ? "" : `; \`run\` begins at position 0: ${notBegun.join(", ")}`;
    return { status: "ok", found: `all there${begins}`, wanted };
  }
  return { status: "unknown", found: `the user may not read ${hidden.join(", ")}`, wanted };
}

/**
 * Undefined without a row or a table. A missing privilege is the finding of another check; MySQL does not tell a user
 * without any whether a table is there.
 */
async function tryToRead(
  db: Queryable,
  dialect: Dialect,
  name: string,
): Promise<Checkpoint | undefined | "not allowed"> {
  try {
    return await readCheckpoint(db, dialect, name);
  } catch (error) {
    const found = dialect.classifyError(error).class;
    if (found === "auth") return "not allowed";
    if (found === "schema") return undefined;
    throw error;
  }
}

/** The statement with its values written out; they are numbers and identities of our own making. */
function inWords({ sql, params }: Statement): string {
  let i = 0;
  return sql.replace(/\?/g, () => {
    const value = String(params[i++] ?? "");
    if (!/^[\w-]*$/.test(value)) throw new Error("a value that cannot be written out");
    return /^\d{1,18}$/.test(value) ? value : `'${value}'`;
  });
}

async function deadLetters({ planned, target }: DoctorContext): Promise<Outcome> {
  const wanted = "none";
  const side = { dialect: await target.dialect(), db: await target.db() };
  const counts = [...(await countDeadLetters(side, (await planned()).restored))];
  if (counts.length === 0) return { status: "ok", found: "none", wanted };
  const found = counts.map(([table, count]) => `${table} ${count}`).join(", ");
  const text = "See `sync-tool dead-letters list`; mend the cause, then `sync-tool dead-letters retry`";
  return { status: "warn", found, wanted, mend: [{ on: "elsewhere", text }] };
}
