/**
 * The datasources of a WSO2 deployment.toml, not yet validated: `[[datasource]]`, `[database.identity_db]` and
 * `[database.shared_db]`. All other sections belong to the server and are left alone.
 */
import { parse, TomlError, type TomlTable } from "smol-toml";
import type { Findings } from "./problem.ts";
import { type LineOf, tomlLines } from "./toml-lines.ts";

/** The two fixed tables of the `[database.x]` form and the JNDI names that the server gives them. */
const DATABASES = { identity_db: "WSO2IdentityDB", shared_db: "SHARED_DB" } as const;

export interface RawDatasource {
  /** JNDI name without `jdbc/`. */
  readonly id: string;
  /** As messages call it: `datasource "SourceDB"` or `database.identity_db`. */
  readonly label: string;
  readonly form: "datasource" | "database";
  readonly table: TomlTable;
  /** Dotted path in the document, for `lineOf`. */
  readonly path: string;
}

export interface Deployment {
  readonly file: string;
  readonly document: TomlTable;
  readonly lineOf: LineOf;
  /** By id, in the order of the file. */
  readonly datasources: ReadonlyMap<string, RawDatasource>;
}

/** Undefined, with a problem in `findings`, when the text is not TOML. Pure but for `findings`. */
export function parseDeployment(text: string, file: string, findings: Findings): Deployment | undefined {
  let document: TomlTable;
  try {
    document = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // Only the first line of the message: the rest quotes the file, and with it passwords.
    const reason = error.message.split("\n")[0]?.replace(/^Invalid TOML document: /, "") ?? "";
    const hint = /control characters.*strings/.test(reason)
      ? '; a closing quote is missing, or a text of several lines stands in " and not in """'
      : "";
    findings.problems.push({ file, line: error.line, text: `not valid TOML: ${reason}${hint}` });
    return undefined;
  }
  const lineOf = tomlLines(text);
  const datasources = new Map<string, RawDatasource>();
  for (const [id, raw] of [...listDatasources(), ...listDatabases()]) {
    const earlier = datasources.get(id);
    if (earlier === undefined) datasources.set(id, raw);
    else {
      problem(raw.path, raw.label, `given twice, first on line ${lineOf(earlier.path) ?? "?"}`);
    }
  }
  return { file, document, lineOf, datasources };

  function* listDatasources(): Generator<[string, RawDatasource]> {
    const list = document["datasource"];
    if (list === undefined) return;
    if (!Array.isArray(list)) {
      problem("datasource", "datasource", "wanted [[datasource]], in two pairs of brackets");
      return;
    }
    for (const [index, table] of list.entries()) {
      const path = `datasource.${index}`;
      const id = isTable(table) ? table["id"] : undefined;
      if (isTable(table) && typeof id === "string" && id.trim() !== "") {
        yield [
          id.trim(),
          { id: id.trim(), label: `datasource "${id.trim()}"`, form: "datasource", table, path },
        ];
      } else {
        problem(path, "datasource", 'missing "id", wanted the name that follows jdbc/ in sync.properties');
      }
    }
  }

  function* listDatabases(): Generator<[string, RawDatasource]> {
    const databases = document["database"];
    if (!isTable(databases)) return;
    for (const [name, id] of Object.entries(DATABASES)) {
      const table = databases[name];
      const path = `database.${name}`;
      if (isTable(table)) yield [id, { id, label: path, form: "database", table, path }];
    }
  }

  function problem(path: string, key: string, reason: string): void {
    const line = lineOf(path);
    findings.problems.push({ file, ...(line === undefined ? {} : { line }), key, text: reason });
  }
}

export function isTable(value: unknown): value is TomlTable {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
