import type { TestDatabase } from "./servers/test-server.ts";

/** One file for all of them, written anew each time: nothing in Transact-SQL deletes it again. */
const FILE = "sync-tool-test.bak";

/**
 * Replaces a database by a copy of another one of its server, as its administrator does: BACKUP, which brings everything
 * along, and RESTORE with files of its own ("BACKUP", "RESTORE Statements", "SERVERPROPERTY" for the folders). The copy
 * has the other one's users; the target's owner takes their place.
 */
export async function copyByBackup(source: TestDatabase, target: TestDatabase): Promise<void> {
  const [from, to] = [source.name, target.name];
  const admin = await source.session({ admin: true });
  const files = await admin.query("SELECT name AS N, type_desc AS T FROM sys.database_files");
  const [folders] = await admin.query(
    `SELECT CONVERT(nvarchar(400), SERVERPROPERTY('InstanceDefaultBackupPath')) AS BACKUPS, CONVERT(nvarchar(400), SERVERPROPERTY('InstanceDefaultDataPath')) AS DATA,
CONVERT(nvarchar(400), SERVERPROPERTY('InstanceDefaultLogPath')) AS LOG, CONVERT(nvarchar(1), SERVERPROPERTY('PathSeparator')) AS SEPARATOR`,
  );
  const separator = String(folders?.["SEPARATOR"]);
  const path = (folder: "BACKUPS" | "DATA" | "LOG", file: string): string => {
    const parent = String(folders?.[folder]);
    return `N'${parent.endsWith(separator) ? parent : `${parent}${separator}`}${file}'`;
  };
  const moves = files.map(({ N, T }, i) =>
    T === "LOG"
      ? `MOVE N'${N}' TO ${path("LOG", `${to}_${i}.ldf`)}`
      : `MOVE N'${N}' TO ${path("DATA", `${to}_${i}.mdf`)}`,
  );
  await admin.exec([
    "USE master",
    `BACKUP DATABASE [${from}] TO DISK = ${path("BACKUPS", FILE)} WITH COPY_ONLY, FORMAT`,
    `ALTER DATABASE [${to}] SET SINGLE_USER WITH ROLLBACK IMMEDIATE`,
    `DROP DATABASE [${to}]`,
    `RESTORE DATABASE [${to}] FROM DISK = ${path("BACKUPS", FILE)} WITH REPLACE, ${moves.join(", ")}`,
    `USE [${to}]`,
    `DROP USER [${from}]`,
    `CREATE USER [${to}] FOR LOGIN [${to}]`,
    `ALTER ROLE db_owner ADD MEMBER [${to}]`,
  ]);
  await admin.close();
}
