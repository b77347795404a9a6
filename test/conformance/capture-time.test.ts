import { afterEach, beforeEach, expect, test } from "vitest";
import { requireCapture } from "../../src/capture/require-capture.ts";
import type { Change } from "../../src/contract/change.ts";
import { planTables } from "../../src/contract/sync-plan.ts";
import { changeDigest } from "../../src/journal/digest.ts";
import { oldestChange } from "../../src/journal/oldest-change.ts";
import { createJournalReader } from "../../src/journal/reader.ts";
import { readStatus } from "../../src/status/status.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import type { TestDialectName } from "../support/env.ts";
import { waitFor } from "../support/wait-for.ts";

const SCHEMA = ["CREATE TABLE ROWS_OF (ID INT PRIMARY KEY, V VARCHAR(20))"];
const insert = (id: number): string => `INSERT INTO ROWS_OF VALUES (${id}, 'v')`;

interface Words {
  /** Brings a journal back to the shape that older releases made. */
  readonly withoutTime: string;
  /** An upgrade that ended between its two steps; undefined where it is one step. */
  readonly halfWay?: string;
  /** The server's clock in UTC, as the journal's column is printed. */
  readonly now: string;
  /** A session far from UTC. */
  readonly farAway: string;
}

const MYSQL: Words = {
  withoutTime: "ALTER TABLE ROWS_OF_S DROP COLUMN CAPTURED_AT",
  halfWay: "ALTER TABLE ROWS_OF_S ADD COLUMN CAPTURED_AT TIMESTAMP(6) NULL DEFAULT NULL",
  now: "SELECT CAST(UTC_TIMESTAMP(6) AS CHAR(30)) AS now",
  farAway: "SET time_zone = '+11:00'",
};
const WORDS: Partial<Record<TestDialectName, Words>> = {
  postgres: {
    withoutTime: MYSQL.withoutTime,
    halfWay: "ALTER TABLE rows_of_s ADD COLUMN captured_at timestamp",
    now: "SELECT (clock_timestamp() AT TIME ZONE 'UTC')::text AS now",
    farAway: "SET timezone = 'Pacific/Kiritimati'",
  },
  mssql: {
    withoutTime:
      "DECLARE @c nvarchar(300) = (SELECT N'ALTER TABLE ROWS_OF_S DROP CONSTRAINT ' + QUOTENAME(d.name) FROM sys.default_constraints d WHERE d.parent_object_id = OBJECT_ID(N'ROWS_OF_S') AND COL_NAME(d.parent_object_id, d.parent_column_id) = N'CAPTURED_AT'); EXEC(@c); ALTER TABLE ROWS_OF_S DROP COLUMN CAPTURED_AT",
    now: "SELECT CONVERT(varchar(33), SYSUTCDATETIME(), 126) AS now",
    farAway: "SELECT 1 AS one",
  },
  oracle: {
    withoutTime: MYSQL.withoutTime,
    halfWay: "ALTER TABLE ROWS_OF_S ADD (CAPTURED_AT TIMESTAMP(6) NULL)",
    now: `SELECT TO_CHAR(SYS_EXTRACT_UTC(SYSTIMESTAMP), 'YYYY-MM-DD HH24:MI:SS.FF6') AS "now" FROM DUAL`,
    farAway: "ALTER SESSION SET TIME_ZONE = '+11:00'",
  },
};

describeDialects("The time of capture", (dialect) => {
  const words = WORDS[dialect.name] ?? MYSQL;
  let pair: BlueGreen;

  beforeEach(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceSchema: SCHEMA,
      targetSchema: SCHEMA,
      tables: ["ROWS_OF"],
    });
    await pair.prepare();
  });
  afterEach(() => pair.close());

  const now = async (): Promise<string> => String((await pair.source.db.query(words.now))[0]?.["now"]);
  const changes = async () => {
    const reader = createJournalReader(pair.source, await pair.table("ROWS_OF"));
    return (await reader.read({ position: 0n, digest: "" }, 100)).changes;
  };

  const changeAt = async (i: number): Promise<Change> => {
    const change = (await changes())[i];
    if (change === undefined) throw new Error(`no change ${i}`);
    return change;
  };

  test("is the source's clock in UTC, whatever the session's zone, and part of the row's digest", async () => {
    const before = await now();
    const session = await pair.source.db.session();
    await session.execute(words.farAway);
    await session.execute(insert(1));
    await session.release();
    const after = await now();
    const { capturedAt = "", ...timeless } = await changeAt(0);
    expect([before, capturedAt, after].sort()).toEqual([before, capturedAt, after]);
    expect(changeDigest({ ...timeless, capturedAt })).not.toBe(changeDigest(timeless));
  });

  test("gives the age of the oldest change that is not applied", async () => {
    const oldest = async (after: bigint) => await oldestChange(pair.source, await journal(), after);
    expect(await oldest(0n)).toBeUndefined();
    await pair.source.test.exec([insert(1), insert(2)]);
    const first = await oldest(0n);
    expect(first?.position).toBe(1n);
    expect(first?.ageSeconds).toBeLessThan(60);
    await waitFor(async () => ((await oldest(0n))?.ageSeconds ?? 0) > (first?.ageSeconds ?? 0) + 0.05, {
      what: "the change to grow older",
    });
    expect((await oldest(1n))?.position).toBe(2n);
    expect(await oldest(2n)).toBeUndefined();
  });

  const journal = async (): Promise<string> => (await pair.table("ROWS_OF")).names.journal;

  test.each(["lacks", "has no default for"] as const)(
    "is added by prepare to a journal that %s it, and the run goes on from its old checkpoint",
    async (shape) => {
      if (shape !== "lacks" && words.halfWay === undefined) return;
      await pair.source.test.exec([insert(1), insert(2)]);
      await pair.run();
      // As the release that had no times left it.
      const { capturedAt: _, ...timeless } = await changeAt(1);
      await pair.target.test.exec(`UPDATE ROWS_OF_SV SET DIGEST = '${changeDigest(timeless)}'`);
      await pair.source.test.exec([words.withoutTime, ...(shape === "lacks" ? [] : [words.halfWay ?? ""])]);
      await pair.source.test.exec(insert(3));
      const tables = planTables(await pair.plan());
      await expect(requireCapture(pair.source.db, pair.source.dialect, tables)).rejects.toMatchObject({
        code: "CAPTURE_DRIFT",
        message: expect.stringMatching(/does not note when a change is captured/),
      });
      const { tables: statuses } = await readStatus([{ ...pair, name: "identity", plan: await pair.plan() }]);
      expect(statuses).toMatchObject([{ captured: false, pending: 1 }]);
      await pair.prepare();
      await pair.source.test.exec(insert(4));
      expect((await changes()).map(({ capturedAt }) => capturedAt !== undefined)).toEqual([
        ...[false, false, false],
        true,
      ]);
      await pair.run();
      expect(await pair.rows("target", "ROWS_OF")).toEqual(await pair.rows("source", "ROWS_OF"));
      // A checkpoint on a row that had none, and one on a row that has one.
      await pair.source.test.exec(insert(5));
      await pair.run();
      expect(await pair.rows("target", "ROWS_OF")).toEqual(await pair.rows("source", "ROWS_OF"));
    },
  );
});
