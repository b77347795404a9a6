/** The statements of `prepare` as scripts that a DBA reads and runs with the database's own client. */
import type { Dialect, Grantee, ObjectRef, SourceSigns } from "../contract/dialect.ts";
import { deadLettersName, stateName } from "../contract/object-names.ts";
import type { TablePlan } from "../contract/sync-plan.ts";

export interface ScriptSide {
  readonly dialect: Dialect;
  /** The user that sync-tool runs as. */
  readonly user: Grantee;
  /** Tables that the transformation looks things up in, as this side spells them. */
  readonly lookups: readonly string[];
}

export interface EmitRequest {
  /** Prefix of the file names, e.g. "identity". */
  readonly schema: string;
  readonly tables: readonly TablePlan[];
  /** The way back: the source is green, of which nobody restores a dump as blue. Default: false. */
  readonly isBack?: boolean;
  readonly source: ScriptSide & {
    /** ServerFacts.home: the target's script refuses to run there, besides where a journal was made. */
    readonly home?: string;
    /** Statements that bring journals which exist already up to date, by table name. */
    readonly upgrades: ReadonlyMap<string, readonly string[]>;
  };
  readonly target: ScriptSide;
}

export interface Script {
  /** File name, without a folder. */
  readonly file: string;
  readonly text: string;
}

/** A statement under a comment. Both clients pass comments by, and none of ours holds a delimiter. */
const explained = (comment: string, [first, ...rest]: readonly string[]): readonly string[] =>
  first === undefined ? [] : [`\n-- ${onOneLine(comment)}\n${first}`, ...rest];

/** A table's name may hold an end of line, and with it the end of the comment. */
const onOneLine = (comment: string): string => comment.replace(/[\r\n\u0085\u2028\u2029]/g, " ");

const tablesLine = (names: readonly string[]): string => onOneLine(`Tables: ${names.join(", ")}`);

/** Six scripts: what each side needs, what removes it, and what the user of a run must be granted. */
export function emitScripts(request: EmitRequest): readonly Script[] {
  const { schema, target } = request;
  return [
    ...emitSourceScripts(request),
    { file: `${schema}_target.sql`, text: targetScript(request) },
    { file: `${schema}_target_remove.sql`, text: targetRemoval(request) },
    { file: `${schema}_target_grants.sql`, text: grants("target", target, targetTables(request)) },
  ];
}

/** The source's three: without a target they are all that is left to do. */
export function emitSourceScripts({
  schema,
  tables,
  source,
}: Omit<EmitRequest, "target">): readonly Script[] {
  return [
    { file: `${schema}_source.sql`, text: sourceScript(source.dialect, tables, source.upgrades) },
    { file: `${schema}_source_remove.sql`, text: sourceRemoval(source.dialect, tables) },
    { file: `${schema}_source_grants.sql`, text: grants("source", source, tables) },
  ];
}

/** What `prepare` installs on the source. Made again from a changed table, it brings the triggers up to date. */
export function sourceScript(
  dialect: Dialect,
  tables: readonly TablePlan[],
  upgrades: ReadonlyMap<string, readonly string[]> = new Map(),
): string {
  const statements = tables.flatMap((table) => {
    const steps = dialect.ddl.capture(table);
    const journals = steps.filter((step) => step.object.kind === "journal").flatMap((step) => step.sql);
    const others = steps.filter((step) => step.object.kind !== "journal");
    const isLater = table !== tables[0];
    return [
      // One table per transaction: whoever holds a first lock while waiting for a second can deadlock with logins.
      ...(isLater && dialect.capabilities.transactionalDdl ? ["COMMIT", "BEGIN"] : []),
      ...dialect.ddl.lockTable(table.source.name),
      ...explained(
        `${table.source.name}: its journal. Every change is recorded here, in the transaction that makes it.`,
        journals,
      ),
      ...explained(`${table.source.name}: what the journal lacks.`, upgrades.get(table.name) ?? []),
      ...others.flatMap(({ object, sql }) =>
        object.kind === "trigger"
          ? explained(
              object.table === table.source.name
                ? `${table.source.name}: trigger that writes to the journal.`
                : `${table.source.name}: rows that a DELETE in ${object.table} takes along; a cascade fires no triggers.`,
              dialect.ddl.replaceTrigger(object.table ?? "", [...dropForReplace(dialect, object), ...sql]),
            )
          : explained(
              object.kind === "function"
                ? `${table.source.name}: function of the trigger ${object.name}.`
                : `${table.source.name}: waits for transactions from before the triggers, then gives the journal its identity.`,
              sql,
            ),
      ),
    ];
  });
  return dialect.ddl.script(
    [...dialect.ddl.session(), ...statements],
    [
      "sync-tool: capture of changes. Run it in the SOURCE database (blue), before the dump begins.",
      "It adds journals and triggers and changes nothing else. Running it again keeps the journals and their changes.",
      "Tables are locked for moments only; when one is busy the script stops with a lock timeout: run it again.",
      tablesLine(tables.map((table) => table.source.name)),
    ],
  );
}

/** Where DDL is transactional the step itself drops the trigger, under the table's lock. */
const dropForReplace = (dialect: Dialect, trigger: ObjectRef): readonly string[] =>
  dialect.capabilities.transactionalDdl ? [] : dialect.ddl.drop(trigger);

function targetScript(request: EmitRequest): string {
  const { target } = request;
  const tables = targetTables(request);
  const { ddl } = target.dialect;
  const copies = isDumpPossible(request) ? captureObjects(target.dialect, tables) : [];
  return ddl.script(
    [
      ...ddl.session(),
      ...explained("Stops here in the source database: the next statements would end its capture.", [
        ...(isDumpPossible(request) ? ddl.refuseIn(signsOf(request)) : []),
      ]),
      ...copies.flatMap((object) =>
        explained(
          `Copy of the source's ${object.kind} ${object.name}, if the dump carried one along.`,
          ddl.drop(object),
        ),
      ),
      ...tables.flatMap((table) =>
        explained(
          `${table.target.name}: its checkpoint, how far the journal is applied. \`sync-tool run\` writes the row: it knows the journal's identity.`,
          ddl.checkpoint(table.targetNames.checkpoint).sql,
        ),
      ),
      ...explained(
        "Changes that the target refuses are noted here, with the reason and without their values.",
        ddl.deadLetters(deadLettersOf(tables)).sql,
      ),
      ...explained(
        "What the commands remember for each other, a line for each thing: no value of a row.",
        ddl.state(stateOf(tables)).sql,
      ),
    ],
    [
      "sync-tool: checkpoints. Run it in the TARGET database (green), before or after the restore; both do no harm.",
      "It removes copies of the source's capture that a dump carried along, and makes the tables of sync-tool.",
      tablesLine(tables.map((table) => table.target.name)),
    ],
  );
}

function sourceRemoval(dialect: Dialect, tables: readonly TablePlan[]): string {
  const statements = captureObjects(dialect, tables).flatMap((object) =>
    alone(dialect, dialect.ddl.drop(object)),
  );
  return dialect.ddl.script(
    [...dialect.ddl.session(), ...statements],
    [
      "sync-tool: removal of capture. Run it in the SOURCE database (blue), after the switch.",
      "Changes that were not applied yet are lost with the journals: `sync-tool status` tells.",
    ],
  );
}

function targetRemoval(request: EmitRequest): string {
  const { ddl } = request.target.dialect;
  const tables = targetTables(request);
  const objects: readonly ObjectRef[] = [
    ...tables.map(({ targetNames }) => ({ kind: "checkpoint", name: targetNames.checkpoint }) as const),
    { kind: "dead-letters", name: deadLettersOf(tables) },
    { kind: "state", name: stateOf(tables) },
  ];
  return ddl.script(
    [...ddl.session(), ...objects.flatMap((object) => ddl.drop(object))],
    ["sync-tool: removal of checkpoints. Run it in the TARGET database (green), after the switch."],
  );
}

/** Tables that a run only reads: parents of the synced ones, and what is looked up. */
export function readOnlyTables(
  side: "source" | "target",
  tables: readonly TablePlan[],
  lookups: readonly string[],
): readonly string[] {
  // A row that is refused for a foreign key is judged by what stands in the parent, on both sides.
  const parents = tables.flatMap((table) => table[side].foreignKeys.map((link) => link.refTable));
  const own = new Set(tables.map((table) => table[side].name));
  return [...new Set([...parents, ...lookups])].filter((name) => !own.has(name));
}

function grants(
  side: "source" | "target",
  { dialect, user, lookups }: ScriptSide,
  tables: readonly TablePlan[],
): string {
  const readOnly = readOnlyTables(side, tables, lookups);
  const choices = dialect.ddl.grantChoices?.(side, user) ?? [];
  return dialect.ddl.script(dialect.ddl.grants(side, tables, readOnly, user), [
    `sync-tool: what the user of \`sync-tool run\` needs in the ${side.toUpperCase()} database.`,
    `Run it after the ${side} script, and in the target again after a restore.`,
    ...choices.flatMap(({ sql, brings }) => [
      `By choice, given by an administrator: ${brings}.`,
      `    ${sql};`,
    ]),
  ]);
}

/** Triggers first, then functions, then journals: a trigger without its journal makes every write fail. */
function captureObjects(dialect: Dialect, tables: readonly TablePlan[]): readonly ObjectRef[] {
  const objects = tables.flatMap((table) => dialect.ddl.capture(table).map((step) => step.object));
  const of = (kind: ObjectRef["kind"]): readonly ObjectRef[] =>
    objects.filter((object) => object.kind === kind);
  return [...of("trigger"), ...of("function"), ...of("sequence"), ...of("journal")];
}

/** In a transaction of its own where DDL takes part in one: locks on several tables at once make writers wait. */
const alone = (dialect: Dialect, statements: readonly string[]): readonly string[] =>
  dialect.capabilities.transactionalDdl ? [...statements, "COMMIT", "BEGIN"] : statements;

/** Before the restore, names on a target of another type are not known: `run` makes those checkpoints. */
function targetTables(request: EmitRequest): readonly TablePlan[] {
  return request.tables.filter((table) => isDumpPossible(request) || !table.awaitsRestore);
}

/** MySQL and MariaDB share their DDL, and read each other's dumps. */
const isDumpPossible = ({ source, target, isBack }: EmitRequest): boolean =>
  isBack !== true && source.dialect.ddl === target.dialect.ddl;

const stateOf = (tables: readonly TablePlan[]): string => stateName(tables[0]?.target.name ?? "");

const signsOf = ({ tables, source: { home } }: EmitRequest): SourceSigns => ({
  ...(home === undefined ? {} : { home }),
  journals: tables.map(({ names }) => names.journal),
});

const deadLettersOf = (tables: readonly TablePlan[]): string => deadLettersName(tables[0]?.target.name ?? "");
