import { isComplete } from "../capture/capture-state.ts";
import { contradictions, fittingVersions, markTables, mendVersions } from "../plan/fitting-versions.ts";
import { withOwnKey } from "../plan/own-key.ts";
import { rekeyedTable } from "../plan/rekeyed-tables.ts";
import { migrateFirst, missingMigration } from "../transform/transformer-for.ts";
import type { Check, Mend, Outcome } from "./check.ts";
import { blueAndGreen, type DoctorContext } from "./doctor-context.ts";

/** Whether the tables of both sides fit each other. */
export const tableChecks: readonly Check[] = [
  {
    id: "tables.versions",
    group: "tables",
    title: "sourceVersion and targetVersion",
    cheap: true,
    run: versions,
  },
  { id: "tables.match", group: "tables", title: "tables and columns of both sides", cheap: true, run: match },
  { id: "tables.keys", group: "tables", title: "primary keys", cheap: true, run: keys },
];

async function versions(context: DoctorContext): Promise<Outcome> {
  const { request } = context;
  const side = async (one: DoctorContext["source"]) =>
    await markTables({ dialect: await one.dialect(), db: await one.db() });
  const [blue, green] = blueAndGreen(context);
  const [from, to] = [await side(blue), await side(green)];
  const { sourceVersion, targetVersion } = request;
  const wanted = `tables of ${sourceVersion} on the ${blue.name}, and on the ${green.name} of a version up to ${targetVersion}`;
  const problems = contradictions(request, from, to);
  if (problems.length > 0)
    return {
      status: "fail",
      found: problems.join("; "),
      wanted,
      mend: [{ on: "elsewhere", text: mendVersions() }],
    };
  const range = (tables: typeof from): string => {
    const { versions: fitting } = fittingVersions(tables);
    if (fitting.length === 0) return "no single release, as while it is migrated";
    return fitting[0] === fitting.at(-1) ? `${fitting[0]}` : `${fitting[0]} to ${fitting.at(-1)}`;
  };
  return {
    status: "ok",
    found: `the ${blue.name} fits ${range(from)}, the ${green.name} ${range(to)}`,
    wanted,
  };
}

async function match({ planned, request, capture }: DoctorContext): Promise<Outcome> {
  const { problems, next, notes, tables, restored } = await planned();
  const wanted = "every synced table on both sides, with columns that fit";
  if (problems.length > 0) {
    return { status: "fail", found: problems.join("; "), wanted, mend: [{ on: "elsewhere", text: next }] };
  }
  const awaited = tables.filter((table) => !restored.includes(table));
  if (awaited.length > 0) {
    const isReady = (await capture()).every(isComplete);
    const text = isReady
      ? "Restore a dump that began after `sync-tool prepare` had ended, then give `sync-tool prepare` again; if it is restored, wait for its end, or correct the target's url or schema"
      : "Run `sync-tool prepare` first, and begin the dump of the source when it has ended; if the target is restored already, correct its url or schema";
    const found = `not on the target yet, or without their primary keys: ${awaited.map(({ name }) => name).join(", ")}`;
    return { status: "fail", found, wanted, mend: [{ on: "elsewhere", text }] };
  }
  const unmigrated = restored.flatMap((table) => {
    const reason = missingMigration(request, table);
    return reason === undefined ? [] : `${table.name}: ${reason}`;
  });
  if (unmigrated.length > 0) {
    const text = migrateFirst(request.targetVersion);
    return { status: "fail", found: unmigrated.join("; "), wanted, mend: [{ on: "elsewhere", text }] };
  }
  if (notes.length > 0) return { status: "warn", found: notes.join("; "), wanted };
  return { status: "ok", found: `${tables.length} tables fit`, wanted };
}

/** A key that one side lacks is the other's: WSO2's tables have the same on both, but for those that a release rekeyed. */
async function keys({ request, source, target }: DoctorContext): Promise<Outcome> {
  const wanted = "a primary key on each table of both sides";
  const read = async (side: DoctorContext["source"]) => {
    const dialect = await side.dialect();
    const found = await dialect.introspector.tables(await side.db(), request.tables);
    return { side, dialect, tables: found.map(withOwnKey) };
  };
  const [from, to] = [await read(source), await read(target)];
  const missing: string[] = [];
  const mend: Mend[] = [];
  for (const [here, there] of [
    [from, to],
    [to, from],
  ] as const) {
    for (const table of here.tables.filter(({ primaryKey }) => primaryKey.length === 0)) {
      missing.push(`${table.name} on the ${here.side.name}`);
      const twin = there.tables.find(({ name }) => name.toUpperCase() === table.name.toUpperCase());
      // WSO2's client leaves tables of 5.0.0 without the keys that their release gives them.
      const rekeyed = rekeyedTable(table.name.toUpperCase(), request.sourceVersion, request.targetVersion);
      const wantedKey = here === to && rekeyed !== undefined ? [rekeyed.key] : (twin?.primaryKey ?? []);
      const columns = wantedKey.flatMap(
        (name) =>
          table.columns.find((column) => column.name.toUpperCase() === name.toUpperCase())?.name ?? [],
      );
      const { quote } = here.dialect.sql;
      if (columns.length > 0) {
        const text = `ALTER TABLE ${quote(table.name)} ADD PRIMARY KEY (${columns.map(quote).join(", ")})`;
        mend.push({ on: here.side.name, text });
      }
    }
  }
  if (from.tables.length === 0 || to.tables.length === 0) {
    const unseen = [from, to].filter(({ tables }) => tables.length === 0).map(({ side }) => side.name);
    return { status: "unknown", found: `no synced table is seen on the ${unseen.join(" and the ")}`, wanted };
  }
  if (missing.length === 0) return { status: "ok", found: "all have one", wanted };
  // The source's own key is not needed: the target's decides which row is which.
  const status = missing.some((text) => text.endsWith("target")) ? "fail" : "warn";
  return { status, found: `none: ${missing.join(", ")}`, wanted, mend };
}
