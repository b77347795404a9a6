/** The main job on a private PostgreSQL server, told step by step: `npm run demo`. */

import { formatTable } from "../../src/cli/output.ts";
import { databaseObjects } from "../support/database-objects.ts";
import { waitFor } from "../support/wait-for.ts";
import { migrateTo511 } from "../support/wso2-migration.ts";
import { countRows, fillBlue, SOURCE_VERSION, USERS } from "./blue-database.ts";
import { type Comparison, compareRows } from "./compare.ts";
import { dumpAndRestore } from "./dump.ts";
import { createNarrator, type Narrator } from "./narrator.ts";
import { createOperator, writeConfiguration } from "./operator.ts";
import { onStage, type Stage } from "./stage.ts";
import { CONNECTIONS, startTraffic, type Totals } from "./traffic.ts";

const number = (n: number): string => n.toLocaleString("en-US");

const describe = (totals: Totals): string =>
  `${number(totals.logins)} logins, ${number(totals.refreshes)} refreshes, ${number(totals.logouts)} logouts, ` +
  `${number(totals.failedLogins)} failed logins, ${number(totals.deletions)} deleted tokens, ` +
  `${number(totals.rollbacks)} rollbacks`;

const comparisonTable = (compared: readonly Comparison[]): string =>
  formatTable(
    ["TABLE", "EQUAL", "MISSING", "EXTRA", "DIFFERENT"],
    compared.map(({ table, ...counts }) => [table, ...Object.values(counts).map(number)]),
  );

async function demo(stage: Stage, tell: Narrator): Promise<number> {
  const { server, folder } = stage;
  const blue = await server.createDatabase("blue");
  const green = await server.createDatabase("green");
  const operator = createOperator(stage, tell);

  tell.step(`Blue is in use: the database of WSO2 Identity Server ${SOURCE_VERSION}, with ${USERS} users`);
  await fillBlue(blue);
  const before = await databaseObjects(blue);
  tell.output(
    formatTable(
      ["TABLE", "ROWS"],
      (await countRows(blue)).map(([table, n]) => [table, number(n)]),
    ),
  );
  const traffic = await startTraffic(blue, "live");
  tell.say(`Users keep logging in and out on ${CONNECTIONS} connections, from here until the switch.`);

  tell.step("The operator says what to keep in step");
  tell.command("cat sync.properties");
  tell.output(await writeConfiguration(folder, blue, green));
  tell.say("deployment.toml beside it names the two databases; the passwords come from .env.");

  tell.step("Capture is installed on blue, while it is in use");
  await operator.give("prepare");

  tell.step("Blue is dumped and restored as green");
  tell.command("pg_dump blue | psql green");
  const carried = await dumpAndRestore(blue, green);
  tell.say("(The packaged server has no pg_dump: the demo copies the same by SQL, at one moment.)");
  tell.say(
    `The dump carried copies of ${carried.journals} journals and ${carried.triggers} triggers along. Given again, prepare removes`,
  );
  tell.say("them from green, makes its checkpoints there, and leaves blue as it is.");
  await operator.give("prepare");

  tell.step("Green is migrated to 5.11.0");
  await green.exec(migrateTo511("postgres", SOURCE_VERSION));
  tell.say(
    "A stand-in for WSO2's migration client: new columns, keys and indexes, and IDP_ID of each token.",
  );
  const { stdout: checks } = await operator.give("doctor", 4);
  tell.say(`The doctor looked at both: ${checks.trimEnd().split("\n").at(-1)}.`);
  tell.say(`Meanwhile on blue: ${describe(traffic.totals)}.`);
  tell.say("Once more prepare, now that green is migrated: for the way back green captures as well.");
  await operator.give("prepare", 6);

  tell.step("Green is kept in step");
  const first = operator.start("run");
  await waitFor(() => first.output().stderr.split("Fetched").length > 4, {
    what: "the first run to apply changes",
    timeoutMs: 30_000,
    facts: () => first.output().stderr,
  });
  operator.showLog(first, 9);
  tell.say(
    "It applies what was captured since the first prepare; what the dump has already is written once more.",
  );

  tell.step("The runner is killed in the middle of its work, and started again");
  tell.command(`kill -9 ${first.pid}`);
  first.kill("SIGKILL");
  await first.ended;
  const second = operator.start("run");
  const { slow } = traffic.totals;
  await waitFor(() => traffic.totals.slow >= slow + CONNECTIONS * 3, {
    what: "more transactions",
    timeoutMs: 30_000,
  });
  tell.say(
    "Where it stood is written on green, in the transaction of the data: nothing is lost or done twice.",
  );
  await operator.give("status");

  tell.step("The switch: users leave blue, the rest is drained");
  await traffic.stop();
  tell.say(`On blue there were ${describe(traffic.totals)}.`);
  await operator.give("switch --wait --timeout 30");

  tell.step("Green is compared with blue, row by row and column by column");
  await operator.give("verify");
  tell.say(
    "And without sync-tool: blue is migrated anew by SQL in another database, and green held against it.",
  );
  const switched = await compareRows(blue, green, await server.createDatabase("third"));
  tell.output(comparisonTable(switched));

  tell.step("Users work on green, and what they do flows back to blue");
  const onGreen = await startTraffic(green, "green", "green");
  await waitFor(() => onGreen.totals.slow >= CONNECTIONS * 2, {
    what: "transactions on green",
    timeoutMs: 30_000,
  });
  tell.say(
    "Somebody finds a fault in the new release: back to blue, with everybody who has logged in since.",
  );
  await onGreen.stop();
  tell.say(`On green there were ${describe(onGreen.totals)}.`);
  await operator.give("switch --back --wait --timeout 30");
  await operator.give("verify --direction back");
  tell.say("Blue is migrated anew by SQL once more, and green held against it.");
  const back = await compareRows(blue, green, await server.createDatabase("fourth"));
  tell.output(comparisonTable(back));

  tell.step("The fault is mended: the same switch once more");
  await operator.give("switch --wait --timeout 30");
  await operator.give("status");
  tell.command(`kill ${second.pid}`);
  second.kill("SIGTERM");
  const { code } = await second.ended;
  if (code !== 0)
    throw new Error(`sync-tool run, told to end, ended with ${code}\n${second.output().stderr}`);

  tell.step("Everything of sync-tool is removed");
  await operator.give("cleanup --yes", 4);
  const left = (await databaseObjects(blue)).filter((object) => !before.includes(object));
  tell.say(`Objects of sync-tool left on blue: ${left.length}.`);

  const all = [...switched, ...back];
  const sum = (count: (row: Comparison) => number): number =>
    all.reduce((total, row) => total + count(row), 0);
  const wrong = sum(({ missing, extra, different }) => missing + extra + different);
  const holds = wrong === 0 && left.length === 0;
  tell.verdict(
    holds,
    `${holds ? "Green is blue, migrated, there and back" : "Green is NOT blue, migrated"}: ${number(sum(({ equal }) => equal))} rows equal, ` +
      `${number(sum(({ missing }) => missing))} missing, ${number(sum(({ extra }) => extra))} extra, ${number(sum(({ different }) => different))} different;\n` +
      `${number(traffic.totals.rollbacks)} transactions rolled back and ${number(traffic.totals.slow)} committed late, one runner killed, three switches.`,
  );
  return holds ? 0 : 1;
}

const tell = createNarrator();
tell.title("sync-tool: from WSO2 Identity Server 5.7.0 to 5.11.0 without downtime, on a private PostgreSQL");
try {
  process.exitCode = await onStage((stage) => demo(stage, tell));
  if (process.exitCode >= 128) tell.verdict(false, "Stopped. The server is gone, and so are its files.");
} catch (error) {
  tell.verdict(false, `The demo failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
// After Ctrl-C the work under way is given up.
process.exit();
