import { afterAll, beforeAll, expect, test } from "vitest";
import type { CheckResult } from "../../src/doctor/check.ts";
import type { BlueGreen, Side } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import { examinePair, openFreshPair } from "../support/examine-pair.ts";

const TOKENS = "IDN_OAUTH2_ACCESS_TOKEN";
const SCOPES = "IDN_OAUTH2_ACCESS_TOKEN_SCOPE";
const TABLES = [TOKENS, SCOPES];

/** Under names that say nothing; one that only reads the tokens, one that calls the first. */
const ROUTINES: Readonly<Record<string, readonly string[]>> = {
  postgres: [
    `CREATE FUNCTION housekeeping() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
       CREATE TABLE IF NOT EXISTS chunk_idn_oauth2_access_token (token_id varchar);
       -- DELETE FROM nothing;
       DELETE FROM ${TOKENS} WHERE token_id IN (SELECT token_id FROM chunk_idn_oauth2_access_token);
     END $$`,
    `CREATE FUNCTION report() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM ${TOKENS} $$`,
    `CREATE PROCEDURE old_logs() LANGUAGE plpgsql AS $$ BEGIN
       DELETE FROM bak_idn_oauth2_access_token WHERE token_id NOT IN (SELECT token_id FROM ${TOKENS}); END $$`,
    "CREATE PROCEDURE sunday() LANGUAGE plpgsql AS $$ BEGIN PERFORM housekeeping(); END $$",
  ],
  mysql: [
    `CREATE PROCEDURE housekeeping() BEGIN
       CREATE TABLE IF NOT EXISTS CHUNK_IDN_OAUTH2_ACCESS_TOKEN (TOKEN_ID VARCHAR(255));
       /* DELETE FROM nothing; */
       DELETE a FROM ${TOKENS} AS a INNER JOIN CHUNK_IDN_OAUTH2_ACCESS_TOKEN AS b ON a.TOKEN_ID = b.TOKEN_ID;
     END`,
    `CREATE PROCEDURE report() SELECT COUNT(*) FROM ${TOKENS}`,
    `CREATE PROCEDURE old_logs() DELETE FROM BAK_IDN_OAUTH2_ACCESS_TOKEN WHERE TOKEN_ID NOT IN (SELECT TOKEN_ID FROM ${TOKENS})`,
    "CREATE PROCEDURE sunday() CALL housekeeping()",
  ],
};

/** A job that calls one of them: a real event, or a row in a table of pg_cron's shape. */
const JOB: Readonly<Record<string, readonly string[]>> = {
  postgres: [
    "CREATE SCHEMA cron",
    "CREATE TABLE cron.job (jobid bigint, schedule text, command text, nodename text, nodeport integer, database text, username text, active boolean, jobname text)",
    "INSERT INTO cron.job VALUES (7, '0 3 * * 0', 'CALL public.sunday()', 'localhost', 5432, current_database(), 'x', true, 'weekly')",
    "CREATE FUNCTION cron.alter_job(job_id bigint, active boolean) RETURNS void LANGUAGE sql AS 'UPDATE cron.job SET active = $2 WHERE jobid = $1'",
  ],
  mysql: ["CREATE EVENT weekly ON SCHEDULE EVERY 7 DAY STARTS '2037-01-01 03:00:00' DO CALL sunday()"],
};

describeDialects(
  "Clean-up of tokens",
  (dialect) => {
    let pair: BlueGreen;
    let scheduler: string | undefined;
    const kind = dialect.name === "postgres" ? "postgres" : "mysql";
    const examined = async (id: string): Promise<CheckResult | undefined> =>
      (await examinePair(pair.source.test, pair.target.test, TABLES)).find((one) => one.id === id);
    const asAdmin = async (side: Side, statements: readonly string[]): Promise<void> => {
      const session = await side.test.session({ admin: true });
      await session.exec(statements);
      await session.close();
    };

    beforeAll(async () => {
      pair = await openFreshPair(dialect, TABLES);
    });
    afterAll(async () => {
      if (scheduler !== undefined) await asAdmin(pair.source, [`SET GLOBAL event_scheduler = ${scheduler}`]);
      await pair.close();
    });

    test("is found by what a procedure does, not by its name", async () => {
      const id = kind === "postgres" ? "source.cleanup-routines" : "source.cleanup-jobs";
      expect(await examined(id)).toMatchObject({ status: "ok" });
      await pair.source.test.exec(ROUTINES[kind] ?? []);
      const result = await examined(id);
      expect(result).toMatchObject({ status: "warn" });
      expect(result?.found.toLowerCase()).toMatch(
        /^procedure (public\.)?housekeeping deletes from idn_oauth2_access_token; procedure (public\.)?sunday deletes from idn_oauth2_access_token by (public\.)?housekeeping$/,
      );
      expect(result?.mend.map(({ text }) => text).join()).toContain("Clean up before `prepare`");
    });

    test("by a job is a warning on the source and a failure on the target, until the given statement stops it", async () => {
      if (kind === "mysql") {
        scheduler = String((await pair.source.test.query("SELECT @@global.event_scheduler AS S"))[0]?.["S"]);
        await asAdmin(pair.source, ["SET GLOBAL event_scheduler = ON"]);
      }
      await pair.source.test.exec(JOB[kind] ?? []);
      const onSource = await examined("source.cleanup-jobs");
      expect(onSource).toMatchObject({ status: "warn" });
      expect(onSource?.found).toMatch(
        /job (7|`.*`\.`weekly`) deletes from IDN_OAUTH2_ACCESS_TOKEN by .*sunday/i,
      );

      // As the dump carries it over.
      await pair.target.test.exec([...(ROUTINES[kind] ?? []), ...(JOB[kind] ?? [])]);
      const onTarget = await examined("target.cleanup-jobs");
      expect(onTarget).toMatchObject({ status: "fail" });
      const statements = onTarget?.mend.filter(({ on }) => on === "target").map(({ text }) => text) ?? [];
      expect(statements).toHaveLength(1);
      await pair.target.test.exec(statements);
      const stopped = await examined("target.cleanup-jobs");
      expect(stopped).toMatchObject({ status: "warn" });
      expect(stopped?.found).toContain("job that is off");
    });

    test.runIf(kind === "mysql")("that this user may not read is told, with what lets it", async () => {
      const hidden = "CREATE PROCEDURE theirs() DELETE FROM IDN_OAUTH2_ACCESS_TOKEN";
      await asAdmin(pair.source, ["DROP PROCEDURE housekeeping", "DROP PROCEDURE sunday", hidden]);
      const result = await examined("source.cleanup-jobs");
      expect(result).toMatchObject({
        status: "unknown",
        found: "not shown to this user: what theirs does",
      });
      expect(result?.mend.map(({ text }) => text).join()).toContain("SHOW_ROUTINE");
    });

    test("leaves tables with copies of tokens, which are named on both sides and dropped on the target", async () => {
      const make = "CREATE TABLE BAK_IDN_OAUTH2_ACCESS_TOKEN (TOKEN_ID VARCHAR(255))";
      for (const side of [pair.source, pair.target])
        await side.test.exec([
          make,
          make.replace("BAK_IDN_OAUTH2_ACCESS_TOKEN", "AUDITLOG_IDN_OAUTH2_ACCESS_TOKEN_CLEANUP"),
        ]);
      const found = /^AUDITLOG_IDN_OAUTH2_ACCESS_TOKEN_CLEANUP, BAK_IDN_OAUTH2_ACCESS_TOKEN$/i;
      expect(await examined("source.cleanup-tables")).toMatchObject({
        status: "warn",
        found: expect.stringMatching(found),
      });
      const onTarget = await examined("target.cleanup-tables");
      expect(onTarget).toMatchObject({ status: "warn", found: expect.stringMatching(found) });
      const statements = onTarget?.mend.filter(({ on }) => on === "target").map(({ text }) => text) ?? [];
      await pair.target.test.exec(statements);
      expect(await examined("target.cleanup-tables")).toMatchObject({ status: "ok" });
    });
  },
  ["postgres", "mariadb", "mysql"],
);
