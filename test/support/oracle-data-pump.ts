/** Copies a schema as its dump does, over SQL alone ("PL/SQL Packages and Types Reference", "DBMS_DATAPUMP"). */

import type { TestDatabase, TestServer } from "./servers/test-server.ts";

/** Where the server may write; the dump never leaves it. */
const FOLDER = process.env["SYNC_TEST_ORACLE_FOLDER"] || "/tmp";

/**
 * Export and import in a schema of the job's own, whose user has the two roles: an export as SYSDBA is not meant to be
 * ("Database Utilities", "Starting Oracle Data Pump Export"). TABLE brings along what belongs to tables: indexes,
 * constraints, comments, triggers. The target's tables are replaced.
 */
export async function copyByDataPump(
  server: TestServer,
  source: TestDatabase,
  target: TestDatabase,
): Promise<void> {
  const job = await server.createDatabase();
  const admin = await job.session({ admin: true });
  try {
    const old = await target.query("SELECT TABLE_NAME AS T FROM USER_TABLES");
    await target.exec(old.map((row) => `DROP TABLE "${row["T"]}" CASCADE CONSTRAINTS PURGE`));
    await admin.exec([
      `CREATE OR REPLACE DIRECTORY "${job.name}" AS '${FOLDER}'`,
      `GRANT READ, WRITE ON DIRECTORY "${job.name}" TO "${job.name}"`,
      `GRANT DATAPUMP_EXP_FULL_DATABASE, DATAPUMP_IMP_FULL_DATABASE TO "${job.name}"`,
    ]);
    const session = await job.session();
    await session.exec(dataPumpJobs(source.name, target.name, job.name));
    await session.close();
  } finally {
    await admin.exec(`BEGIN UTL_FILE.FREMOVE('${job.name}', '${job.name}.dmp'); END;`).catch(() => undefined);
    await admin.exec(`DROP DIRECTORY "${job.name}"`).catch(() => undefined);
    await admin.close();
    await job.drop();
  }
}

/** Both jobs, in order; `file` is the directory's name too. */
export const dataPumpJobs = (from: string, to: string, file: string): readonly string[] => [
  exportOf(from, file),
  importOf(from, to, file),
];

/** Ends only with the job; one that stopped is a failure, with the state as its reason. */
const jobBlock = (operation: string, mode: string, file: string, settings: string): string =>
  `DECLARE
  v_job NUMBER;
  v_state VARCHAR2(30);
BEGIN
  v_job := DBMS_DATAPUMP.OPEN(operation => '${operation}', job_mode => '${mode}', job_name => 'SYNC_${operation}');
  DBMS_DATAPUMP.ADD_FILE(handle => v_job, filename => '${file}.dmp', directory => '${file}');
  ${settings}
  DBMS_DATAPUMP.START_JOB(v_job);
  DBMS_DATAPUMP.WAIT_FOR_JOB(v_job, v_state);
  IF v_state <> 'COMPLETED' THEN
    RAISE_APPLICATION_ERROR(-20001, '${operation} ' || v_state);
  END IF;
END;`;

const exportOf = (schema: string, file: string): string =>
  jobBlock(
    "EXPORT",
    "SCHEMA",
    file,
    `DBMS_DATAPUMP.METADATA_FILTER(v_job, 'SCHEMA_EXPR', 'IN (''${schema}'')');
  DBMS_DATAPUMP.METADATA_FILTER(v_job, 'INCLUDE_PATH_EXPR', 'IN (''TABLE'', ''SEQUENCE'')');`,
  );

const importOf = (from: string, to: string, file: string): string =>
  jobBlock(
    "IMPORT",
    "FULL",
    file,
    `DBMS_DATAPUMP.METADATA_REMAP(v_job, 'REMAP_SCHEMA', '${from}', '${to}');`,
  );
