import { execFileSync } from "node:child_process";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";
import { type CliPair, openCliPair } from "../support/cli-pair.ts";
import { describeDialects } from "../support/dialects.ts";
import type { TestDatabase } from "../support/servers/test-server.ts";
import { createTables } from "../support/wso2-tables.ts";

const ROOT = join(import.meta.dirname, "../..");

/** The commands of the README's first step, without their comments. */
function commandsOfStep1(): string[] {
  const [, section] = readFileSync(join(ROOT, "README.md"), "utf8").split("### 1. Configure and check");
  const block = /```sh\n(.*?)```/s.exec(section ?? "")?.[1] ?? "";
  return block
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter((line) => line !== "");
}

describeDialects("From the sample files to the plan, by the README's own commands,", (dialect) => {
  let pair: CliPair;
  const file = (name: string): string => join(pair.folder, name);
  const fillIn = (name: string, ...places: readonly (readonly [string, string])[]): void => {
    let text = readFileSync(file(name), "utf8");
    for (const [sample, own] of places) {
      expect(text.split("\n")).toContain(sample);
      text = text.replace(`\n${sample}\n`, () => `\n${own}\n`);
    }
    writeFileSync(file(name), text);
  };
  const fillInUrl = (host: string, { jdbcUrl }: TestDatabase) =>
    [
      `url = "jdbc:mysql://${host}.example.com:3306/identity_db?sslMode=PREFERRED"`,
      `url = "${jdbcUrl}"`,
    ] as const;
  const give = async (command: string) => {
    const [program, ...args] = command.split(/\s+/);
    expect(program).toBe("sync-tool");
    return runCli(args, pair.folder);
  };

  const commands = commandsOfStep1();
  const copies = commands.filter((command) => command.startsWith("cp "));
  const asked = commands.filter((command) => !command.startsWith("cp "));

  beforeAll(async () => {
    pair = await openCliPair(dialect);
    await pair.blue.exec(createTables(dialect.name, "5.7.0"));
    symlinkSync(join(ROOT, "config"), file("config"));
    for (const copy of copies) execFileSync("sh", ["-c", copy], { cwd: pair.folder });
  });
  afterAll(() => pair.close());

  test("files that nobody filled in are told all that they lack, and ask no server", async () => {
    expect(asked.map((command) => command.split(" ").slice(0, 2).join(" "))).toEqual([
      "sync-tool doctor",
      "sync-tool prepare",
    ]);
    for (const command of asked) {
      const { code, stderr } = await give(command);
      expect({ command, code }).toEqual({ command, code: 3 });
      for (const lacking of ["sourceVersion", "SOURCE_DB_PASSWORD", "TARGET_DB_PASSWORD"])
        expect(stderr).toContain(lacking);
    }
  });

  test("version, address, user and password are enough: the doctor answers, and the plan is shown", async () => {
    const { blue, green } = pair;
    fillIn("sync.properties", ["sourceVersion=", "sourceVersion=5.7.0"]);
    fillIn("deployment.toml", fillInUrl("blue-db", blue), fillInUrl("green-db", green));
    // Both samples name one user; the second is reached when the first has been filled in.
    for (const { settings } of [blue, green])
      fillIn("deployment.toml", ['username = "wso2sync"', `username = "${settings.user}"`]);
    writeFileSync(
      file(".env"),
      `SOURCE_DB_PASSWORD=${blue.settings.password}\nTARGET_DB_PASSWORD=${green.settings.password}\n`,
      { mode: 0o600 },
    );

    const [doctor, plan] = asked as [string, string];
    const said = await give(doctor);
    expect(said.code).toBe(6);
    expect(said.stderr).toContain("checks failed: tables.match, source.capture [DOCTOR_FAILED]");
    // Green is empty still; the plan is what blue's tables and the two versions say.
    const shown = await give(plan);
    expect(shown).toMatchObject({ code: 0, signal: null });
    for (const table of ["IDN_OAUTH2_ACCESS_TOKEN", "IDN_IDENTITY_USER_DATA"])
      expect(shown.stdout).toContain(table);
  });
});
