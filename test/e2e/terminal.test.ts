import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CliPair, openCliPair } from "../support/cli-pair.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { describeDialects } from "../support/dialects.ts";
import { describeWithProgram } from "../support/programs.ts";
import { createTables } from "../support/wso2-tables.ts";

const DATA = "IDN_IDENTITY_USER_DATA";
const NOTES = "X_NOTE";
const TABLES = [DATA, NOTES] as const;
const ENTRY = join(import.meta.dirname, "../../bin/sync-tool.js");
const COLUMNS = 80;
const put = (from: number, to: number): string =>
  `INSERT INTO ${DATA} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) SELECT -1234, 'user' || n, 'k', 'v' FROM generate_series(${from}, ${to}) AS n`;

/** What a command draws on a terminal of eighty columns: every line that it has put there, whether it stayed or not. */
async function drawn(folder: string, ...args: readonly string[]): Promise<readonly string[]> {
  const command = [process.execPath, ENTRY, ...args].map((word) => `'${word}'`).join(" ");
  const shell = `stty cols ${COLUMNS} rows 24; ${command}`;
  const child = spawn("script", ["-qec", shell, "/dev/null"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, TERM: "xterm", SHELL: "/bin/sh" },
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => {
    text += piece;
  });
  await new Promise((resolve) => child.once("close", resolve));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  return text.split(/[\r\n]+|\u001b\[\d*[A-Z]/).filter((line) => line !== "");
}

describeWithProgram("A terminal", "script", () => {
  describeDialects(
    "A terminal of eighty columns",
    (dialect) => {
      let pair: CliPair;
      beforeAll(async () => {
        pair = await openCliPair(dialect);
        const { folder, blue, green } = pair;
        for (const database of [blue, green])
          await database.exec([
            ...createTables(dialect.name, "5.11.0", [DATA]),
            `CREATE TABLE ${NOTES} (ID INTEGER PRIMARY KEY)`,
          ]);
        await writeConfigFiles(folder, {
          source: blue,
          target: green,
          sourceVersion: "5.11.0",
          syncTables: TABLES,
        });
      });
      afterAll(() => pair.close());

      test("shows what each command does, how far it is and what is next, and nothing wraps", async () => {
        const { folder, blue } = pair;
        const prepared = await drawn(folder, "prepare");
        expect(prepared).toContain("identity: capture of idn_identity_user_data, 1 of 2 tables");
        expect(prepared).toContain("identity: source and target are prepared. Start `sync-tool run`");
        await blue.exec([put(1, 2_000), "ANALYZE"]);
        const ran = await drawn(folder, "run", "--until-drained");
        expect(ran).toContain(
          "X_NOTE                        [#####] 100 %         0        -         in step",
        );
        const verified = await drawn(folder, "verify");
        expect(verified).toContain(`${DATA}: 2,000 of about 2,000 rows, 99 % of all`);
        expect(verified.at(-1)).toBe("equal: 2,000 rows");
        const copied = await drawn(folder, "copy");
        expect(copied.join("\n")).toMatch(/: 2,000 of about 2,000 rows, 0 written/);
        const cleaned = await drawn(folder, "cleanup", "--yes");
        expect(cleaned.join("\n")).toMatch(/removing \w+, 1 of \d+ objects/);
        expect(cleaned.slice(-2).join(" ")).toMatch(
          /^Removed: .* Next: drop its users, or take their rights away$/,
        );
        // A word that is longer than the terminal is wide stays whole, to be copied.
        for (const line of [prepared, ran, verified, copied, cleaned].flat())
          if (line.trim().includes(" ")) expect(line.length, line).toBeLessThanOrEqual(COLUMNS);
      });
    },
    ["postgres"],
  );
});
