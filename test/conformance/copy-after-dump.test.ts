import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { copied } from "../support/copied.ts";
import { describeDialects } from "../support/dialects.ts";
import { findProgram } from "../support/servers/find-program.ts";
import { runTraffic, TRAFFIC_PARENTS } from "../support/traffic.ts";
import { verified } from "../support/verified.ts";
import { migrateTo511 } from "../support/wso2-migration.ts";
import { createTables } from "../support/wso2-tables.ts";

const TABLES = [
  ...["IDN_OAUTH2_ACCESS_TOKEN", "IDN_OAUTH2_ACCESS_TOKEN_SCOPE"],
  ...["IDN_OAUTH2_AUTHORIZATION_CODE", "IDN_IDENTITY_USER_DATA"],
];
const exec = promisify(execFile);

/** The block of the section that begins with the words, or holds them. */
function block(words: string): string {
  const text = readFileSync(join(import.meta.dirname, "../../ddl/README.md"), "utf8");
  const section = text.slice(text.indexOf("### Without the tokens in the dump"));
  const found = [...section.matchAll(/^```sh\n(.*?)^```/gms)].map(([, code]) => code ?? "");
  const wanted = found.find((code) => code.includes(words));
  if (wanted === undefined) throw new Error(`ddl/README.md has no block with ${words}`);
  return wanted;
}

describeDialects(
  "Green, restored from a dump without the tokens and migrated,",
  (dialect) => {
    const canDump = findProgram("mariadb-dump") !== undefined && findProgram("mysqldump") !== undefined;
    let pair: BlueGreen;
    let folder: string;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "sync-tool-dump-"));
      pair = await openBlueGreen({
        source: dialect,
        sourceSchema: createTables(dialect.name, "5.9.0"),
        targetSchema: createTables(dialect.name, "5.11.0"),
        tables: TABLES,
        connections: 12,
      });
      await pair.source.test.exec(TRAFFIC_PARENTS);
    });
    afterAll(async () => {
      await pair.close();
      await rm(folder, { recursive: true });
    });

    /** Runs commands as they are written there; the client's programs find the server by the user's own file. */
    async function asWritten(commands: string): Promise<void> {
      const { user, password, hosts } = pair.source.test.adminSettings;
      const [host] = hosts;
      const server = [`user=${user}`, `password=${password}`, `host=${host?.host}`, `port=${host?.port}`];
      const client = ["ssl", "disable-ssl-verify-server-cert"];
      await writeFile(join(folder, ".my.cnf"), ["[client]", ...server, ...client].join("\n"));
      const own = commands
        .replaceAll(/\bblue\b(?!\.sql)/g, pair.source.test.name)
        .replaceAll(/\bgreen\b/g, pair.target.test.name)
        // MariaDB's own mysqldump, which stands in for MySQL's here, does not know it.
        .replaceAll(" --set-gtid-purged=OFF", "");
      await exec("bash", ["-euc", own], { cwd: folder, env: { ...process.env, HOME: folder } });
    }

    test.skipIf(!canDump)("gets them by copy, and is as blue is", async () => {
      await runTraffic(pair.source.test, { transactions: 20, name: "before" });
      await pair.prepare();
      await runTraffic(pair.source.test, { transactions: 10, name: "captured" });
      await asWritten(block(dialect.name === "mysql" ? "mysqldump" : "mariadb-dump"));
      expect(await pair.rows("target", "IDN_OAUTH2_ACCESS_TOKEN")).toEqual([]);
      expect(await pair.rows("target", "IDN_OAUTH_CONSUMER_APPS")).toHaveLength(1);
      await pair.prepare();
      await pair.target.test.exec(migrateTo511(dialect.name, "5.9.0"));

      const stop = new AbortController();
      const running = pair.run({ until: "stopped", signal: stop.signal });
      const [{ tables, refused }] = await Promise.all([
        copied(pair),
        runTraffic(pair.source.test, { transactions: 10, name: "beside" }),
      ]);
      stop.abort();
      await running;
      expect(refused).toEqual([]);
      expect(tables["IDN_OAUTH2_ACCESS_TOKEN"]?.written).toBeGreaterThan(20);
      await pair.run();
      expect(await verified(pair)).toMatchObject({ differences: [], complete: true });
    });
  },
  ["mysql", "mariadb"],
);
