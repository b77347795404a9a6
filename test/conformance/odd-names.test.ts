import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { readCaptureState } from "../../src/capture/capture-state.ts";
import { emitScripts } from "../../src/capture/emit.ts";
import { readJournalStarts } from "../../src/capture/journal-starts.ts";
import { prepareTarget } from "../../src/capture/prepare-target.ts";
import { findRemovable, uninstall } from "../../src/capture/uninstall.ts";
import { planTables } from "../../src/contract/sync-plan.ts";
import { rowSources } from "../../src/run/row-sources.ts";
import { verify } from "../../src/verify/verify.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import { oddNames, quoteName } from "../support/odd-names.ts";
import { runScript } from "../support/sql-client.ts";

describeDialects(
  "Tables and columns with odd names",
  (dialect) => {
    const all = oddNames(dialect.name);
    /** Every fourth is a table's, others in each test; columns have them all. */
    let names: readonly string[] = [];
    const q = (name: string): string => quoteName(dialect.name, name);
    const at = (n: number): string => all[n % all.length] ?? "";
    const text = dialect.name === "postgres" ? "varchar(50)" : "VARCHAR(50)";
    let pair: BlueGreen;
    let folder: string | undefined;
    afterEach(async () => {
      await pair.close();
      if (folder !== undefined) await rm(folder, { recursive: true });
    });

    /** The n-th table: its key, a unique column and another have the names that follow, and it refers to itself by the key. */
    const create = (name: string, n: number): string =>
      `CREATE TABLE ${q(name)} (${q(at(4 * n))} INTEGER, ${q(at(4 * n + 1))} ${text} NOT NULL, ${q(at(4 * n + 2))} ${text}, ${q(at(4 * n + 3))} INTEGER,
       CONSTRAINT ${q(`c${n} ${at(4 * n + 4)}`.slice(0, 50).trim())} UNIQUE (${q(at(4 * n + 2))}),
       PRIMARY KEY (${q(at(4 * n))}, ${q(at(4 * n + 1))}))`;

    async function open(first: number): Promise<void> {
      names = all.filter((_, n) => n % 4 === first);
      const schema = names.map(create);
      pair = await openBlueGreen({
        source: dialect,
        sourceVersion: "5.11.0",
        sourceSchema: schema,
        targetSchema: schema,
        tables: names.map((name) => name.toUpperCase()),
      });
    }

    async function writeAndRun(): Promise<void> {
      for (const [n, name] of names.entries()) {
        const [id, key, value] = [q(at(4 * n)), q(at(4 * n + 1)), q(at(4 * n + 2))];
        await pair.source.test.exec([
          `INSERT INTO ${q(name)} (${id}, ${key}, ${value}) VALUES (1, 'a?b', 'one'), (2, 'zoë', 'two'), (3, 'c', NULL), (4, 'd', '?')`,
          `UPDATE ${q(name)} SET ${value} = '$1 ?' WHERE ${id} = 1`,
          `UPDATE ${q(name)} SET ${key} = 'ZOË', ${value} = 'moved' WHERE ${id} = 2`,
          `DELETE FROM ${q(name)} WHERE ${id} = 3`,
        ]);
      }
      await pair.run({ batchSize: 2 });
      for (const name of names) {
        const rows = await pair.rows("source", q(name));
        expect(rows, name).toHaveLength(3);
        expect(await pair.rows("target", q(name)), name).toEqual(rows);
      }
    }

    const verified = async (repair: boolean): Promise<readonly string[]> => {
      const plan = await pair.plan();
      const found: string[] = [];
      await verify({
        plan,
        source: pair.source,
        target: pair.target,
        patienceMs: 300,
        rowsFor: rowSources(plan, pair),
        signal: new AbortController().signal,
        ...(repair ? { repair: { deleteExtra: true } } : {}),
        onDifference: ({ kind }) => found.push(kind),
      });
      return found;
    };

    test("are captured, applied, compared, mended and cleaned up after", { timeout: 300_000 }, async () => {
      await open(0);
      await pair.prepare();
      await pair.prepare();
      const plan = await pair.plan();
      const states = await readCaptureState(pair.source.db, pair.source.dialect, planTables(plan));
      expect(states.filter(({ missing, drifted }) => missing.length + drifted.length > 0)).toEqual([]);
      await writeAndRun();
      expect(await verified(false)).toEqual([]);
      for (const [n, name] of names.entries())
        await pair.target.test.exec([
          `DELETE FROM ${q(name)} WHERE ${q(at(4 * n))} = 1`,
          `UPDATE ${q(name)} SET ${q(at(4 * n + 2))} = NULL WHERE ${q(at(4 * n))} = 2`,
        ]);
      expect([...(await verified(true))].sort()).toEqual([
        ...names.map(() => "different"),
        ...names.map(() => "missing"),
      ]);
      expect(await verified(false)).toEqual([]);
      for (const side of ["source", "target"] as const)
        await uninstall(await findRemovable(side, pair[side], planTables(plan)));
      const left = await readCaptureState(pair.source.db, pair.source.dialect, planTables(plan));
      expect(left.every(({ missing }) => missing.length >= 4)).toBe(true);
    });

    test("are prepared and cleaned up by the scripts, with the database's own client", {
      timeout: 300_000,
    }, async () => {
      await open(2);
      folder = await mkdtemp(join(tmpdir(), "sync-tool-odd-"));
      const tables = planTables(await pair.plan());
      const { home } = await pair.source.dialect.introspector.server(pair.source.db);
      const side = ({ dialect: own, test: { settings } }: BlueGreen["source"]) => ({
        dialect: own,
        user: { name: settings.user },
        lookups: [],
      });
      const scripts = emitScripts({
        schema: "identity",
        tables,
        source: { ...side(pair.source), home, upgrades: new Map() },
        target: side(pair.target),
      });
      const play = async (name: string): Promise<void> => {
        const script = scripts.find(({ file }) => file === `identity_${name}.sql`);
        const file = join(folder ?? "", `${name}.sql`);
        await writeFile(file, script?.text ?? "");
        const database = name.startsWith("source") ? pair.source.test : pair.target.test;
        const isGrant = name.endsWith("grants");
        const result = await runScript(database, file, isGrant ? database.adminSettings : undefined);
        expect({ name, ...result, output: result.output.slice(0, 600) }).toEqual({
          name,
          code: 0,
          output: "",
        });
      };
      for (const name of ["source", "source", "target", "source_grants", "target_grants"]) await play(name);
      const states = await readCaptureState(pair.source.db, pair.source.dialect, tables);
      expect(states.filter(({ missing, drifted }) => missing.length + drifted.length > 0)).toEqual([]);
      await prepareTarget(
        pair.target.db,
        pair.target.dialect,
        tables,
        await readJournalStarts(pair.source.db, pair.source.dialect, states),
      );
      await writeAndRun();
      for (const name of ["source_remove", "target_remove"]) await play(name);
      const left = await readCaptureState(pair.source.db, pair.source.dialect, tables);
      expect(left.every(({ missing }) => missing.length >= 4)).toBe(true);
    });
  },
  ["postgres", "mariadb", "mysql"],
);
