import type { Queryable } from "../../db/database.ts";
import { journalFaults } from "../journal-faults.ts";
import { sequenceName } from "../sequence-name.ts";

/** 10 MB, in pages of 8 KB. */
const FEW_PAGES = 1_280;

/**
 * What the files of an index's filegroup can still take, in pages; NULL where it is not told ("sys.database_files": max_size 0 or
 * growth 0 is no growth, -1 is until the disk is full; "FILEPROPERTY": SpaceUsed).
 */
const PAGES_LEFT = `SELECT SUM(CASE WHEN d.max_size = 0 OR d.growth = 0 THEN CONVERT(bigint, d.size) WHEN d.max_size = -1 THEN 2147483648 ELSE CONVERT(bigint, d.max_size) END
  - CONVERT(bigint, FILEPROPERTY(d.name, N'SpaceUsed'))) FROM sys.database_files AS d WHERE d.type = 0 AND d.data_space_id = i.data_space_id`;

/**
 * What is wrong with journals, by upper-case name (see journal-faults.ts). Our triggers write with the rights of whoever writes,
 * who needs none on the journal as long as it and the sequence have the owner of the table ("Ownership Chains").
 */
export async function readJournalFaults(
  db: Queryable,
  names: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const faults = new Map<string, readonly string[]>();
  for (const name of names) {
    const rows = await db.query(
      `SELECT t.name AS name,
  CASE WHEN EXISTS (SELECT 1 FROM sys.indexes AS i WHERE i.object_id = t.object_id AND i.is_disabled = 1) THEN 'has a disabled index'
       WHEN EXISTS (SELECT 1 FROM sys.indexes AS i INNER JOIN sys.filegroups AS f ON f.data_space_id = i.data_space_id WHERE i.object_id = t.object_id AND f.is_read_only = 1) THEN 'is in a read-only filegroup'
       WHEN EXISTS (SELECT 1 FROM sys.indexes AS i WHERE i.object_id = t.object_id AND (${PAGES_LEFT}) < ${FEW_PAGES}) THEN 'is in a filegroup whose files are full and may not grow (MAXSIZE, FILEGROWTH)'
       WHEN t.principal_id IS NOT NULL AND t.principal_id <> (SELECT s.principal_id FROM sys.schemas AS s WHERE s.schema_id = t.schema_id) THEN 'has another owner than its schema, so that users need rights on it' END AS [state],
  (SELECT MAX(g.name) FROM sys.triggers AS g WHERE g.parent_id = t.object_id AND g.is_disabled = 0) AS others,
  (SELECT MAX(k.name) FROM (SELECT c.name FROM sys.check_constraints AS c WHERE c.parent_object_id = t.object_id AND c.is_disabled = 0
     UNION ALL SELECT f.name FROM sys.foreign_keys AS f WHERE f.parent_object_id = t.object_id AND f.is_disabled = 0
     UNION ALL SELECT i.name FROM sys.indexes AS i WHERE i.object_id = t.object_id AND i.is_unique = 1 AND i.is_primary_key = 0) AS k) AS constraints,
  (SELECT MAX(c.name) FROM sys.columns AS c WHERE c.object_id = t.object_id AND c.is_nullable = 0 AND c.default_object_id = 0 AND c.name NOT IN (N'SYNC_ID', N'ACTION')) AS mandatory,
  CASE WHEN NOT EXISTS (SELECT 1 FROM sys.columns AS c WHERE c.object_id = t.object_id AND c.name = N'SYNC_ID' AND c.default_object_id <> 0) THEN 'the default of SYNC_ID' END AS lacks,
  (SELECT CONVERT(varchar(40), CONVERT(decimal(38, 0), q.maximum_value) - CONVERT(decimal(38, 0), q.current_value)) FROM sys.sequences AS q WHERE q.schema_id = t.schema_id AND q.name = ?) AS positions_left
FROM sys.tables AS t WHERE t.schema_id = SCHEMA_ID() AND t.name = ?`,
      [sequenceName(name), name],
    );
    for (const row of rows) faults.set(String(row["name"]), journalFaults(row));
  }
  return faults;
}
