import type { TestDatabase } from "../support/servers/test-server.ts";
import { type Lab, SCOPES, TOKENS } from "./lab.ts";

/**
 * Triggers in the shape of WSO2's Java client: a row trigger for each kind of write that copies the row with an INT
 * counter and an action, and one on the parent that deletes the journal rows of its children, without an index.
 */
export async function installJavaShape(lab: Lab, blue: TestDatabase): Promise<void> {
  const isPostgres = blue.settings.type === "postgres";
  for (const table of lab.tables) {
    const name = table.source.name;
    const journal = table.names.journal;
    const columns = table.source.columns.map((column) => column.name);
    await blue.exec(
      isPostgres
        ? `CREATE TABLE ${journal} AS SELECT * FROM ${name} WHERE false;
           ALTER TABLE ${journal} ADD COLUMN SYNC_ID SERIAL PRIMARY KEY, ADD COLUMN ACTION VARCHAR(15)`
        : [
            `CREATE TABLE ${journal} AS SELECT * FROM ${name} WHERE 1 = 0`,
            `ALTER TABLE ${journal} ADD COLUMN SYNC_ID INT NOT NULL AUTO_INCREMENT PRIMARY KEY, ADD COLUMN ACTION VARCHAR(15)`,
          ],
    );
    const copy = (row: string, action: string): string =>
      `INSERT INTO ${journal} (${columns.join(", ")}, ACTION) VALUES (${columns.map((c) => `${row}.${c}`).join(", ")}, '${action}')`;
    await blue.exec([
      ...trigger(isPostgres, `${journal}I`, name, "INSERT", copy("NEW", "INSERT")),
      ...trigger(isPostgres, `${journal}U`, name, "UPDATE", copy("NEW", "UPDATE")),
      ...trigger(isPostgres, `${journal}D`, name, "DELETE", copy("OLD", "DELETE")),
      ...(name.toUpperCase() === SCOPES
        ? trigger(
            isPostgres,
            `${journal}F`,
            TOKENS,
            "DELETE",
            `DELETE FROM ${journal} WHERE ${journal}.TOKEN_ID = OLD.TOKEN_ID`,
          )
        : []),
    ]);
  }
}

/** Our own capture without one of its parts: what the part costs is the difference. */
export async function installWithout(lab: Lab, blue: TestDatabase, part: "time" | "mark"): Promise<void> {
  const { ddl } = lab.source.dialect;
  const isPostgres = blue.settings.type === "postgres";
  for (const table of lab.tables) {
    const steps = ddl.capture(table);
    const statements = steps.flatMap(({ sql }) => sql);
    await blue.exec([
      ...ddl.session(),
      ...(part === "mark" && !isPostgres ? statements.map(withoutCondition) : statements),
    ]);
    if (part === "time") await blue.exec(`ALTER TABLE ${table.names.journal} DROP COLUMN CAPTURED_AT`);
    if (part === "time" || !isPostgres) continue;
    for (const { object } of steps.filter((step) => step.object.kind === "trigger")) {
      const [row] = await blue.query(
        `SELECT pg_get_triggerdef(oid) AS d FROM pg_trigger WHERE tgname = '${object.name}' AND tgrelid = '${object.table}'::regclass`,
      );
      const definition = String(row?.["D"]);
      const bare = definition.replace(/ WHEN \(.*\) EXECUTE/, " EXECUTE");
      if (bare === definition) throw new Error(`${object.name} has no condition to be left out`);
      await blue.exec([
        `DROP TRIGGER ${object.name} ON ${object.table}`,
        bare,
        `ALTER TABLE ${object.table} ENABLE ALWAYS TRIGGER ${object.name}`,
      ]);
    }
  }
}

const withoutCondition = (sql: string): string =>
  sql.startsWith("CREATE TRIGGER")
    ? sql.replace(/IF @@SESSION\.\w+ <> \d+ THEN /, "").replace(/ END IF; END (sync_tool_\w+)$/, " END $1")
    : sql;

function trigger(isPostgres: boolean, name: string, on: string, event: string, work: string): string[] {
  if (!isPostgres) return [`CREATE TRIGGER ${name} AFTER ${event} ON ${on} FOR EACH ROW BEGIN ${work}; END`];
  return [
    `CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${work}; RETURN NULL; END $$`,
    `CREATE TRIGGER ${name} AFTER ${event} ON ${on} FOR EACH ROW EXECUTE FUNCTION ${name}()`,
  ];
}
