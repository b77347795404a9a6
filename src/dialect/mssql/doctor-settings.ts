import type { Fact, FactScope } from "../../contract/fact.ts";
import type { ResultRow } from "../../db/database.ts";
import { ok, text } from "../doctor-answers.ts";
import { freeDiskFact } from "../shared-facts.ts";

/** The bit type comes as a boolean. */
const isSet = (row: ResultRow | undefined, column: string): boolean => /^(true|1)$/.test(text(row, column));

const COMPATIBILITY = 130;
const FULL_LOG_PERCENT = 80;

/** Settings of the server and the database that decide whether capture and a run work at all. */
export function settingFacts(scope: FactScope): readonly Fact[] {
  const both = [compatibility(scope), versions, copies(scope), log, disk, timeZone];
  return scope.side === "source" ? [...both, durability, nestedTriggers, otherTriggers(scope)] : both;
}

/** Rows are written as JSON, which OPENJSON reads from level 130 on ("OPENJSON"); blue's level is not ours to change. */
function compatibility({ side }: FactScope): Fact {
  const wanted = `at least ${COMPATIBILITY}`;
  return {
    id: "compatibility-level",
    group: "settings",
    title: "compatibility level of the database",
    ask: {
      sql: "SELECT CONVERT(int, compatibility_level) AS [level] FROM sys.databases WHERE database_id = DB_ID()",
      params: [],
    },
    judge: ([row]) => {
      const found = text(row, "level");
      if (Number(found) >= COMPATIBILITY) return ok(found, wanted);
      return side === "target"
        ? {
            status: "fail",
            found,
            wanted,
            statements: [`ALTER DATABASE CURRENT SET COMPATIBILITY_LEVEL = ${COMPATIBILITY}`],
          }
        : {
            status: "warn",
            found,
            wanted,
            advice: "`verify` with large batches needs it; a change alters the plans of blue's own queries",
          };
    },
  };
}

/** Both work: journals are read with locks of rows whatever this says ("ALTER DATABASE SET options"). */
const versions: Fact = {
  id: "row-versions",
  group: "settings",
  title: "READ_COMMITTED_SNAPSHOT and snapshot isolation",
  ask: {
    sql: "SELECT is_read_committed_snapshot_on AS rcsi, snapshot_isolation_state_desc AS si FROM sys.databases WHERE database_id = DB_ID()",
    params: [],
  },
  judge: ([row]) =>
    ok(
      `READ_COMMITTED_SNAPSHOT ${isSet(row, "rcsi") ? "on" : "off"}, snapshot isolation ${text(row, "si").toLowerCase()}`,
      "any",
    ),
};

/**
 * Capture is carried along by every kind of copy. A secondary that commits later can lose, when it takes over, what green
 * has already ("sys.databases": replica_id, is_published; "sys.availability_replicas", which without VIEW ANY DEFINITION is
 * empty; "Availability modes").
 */
function copies({ side }: FactScope): Fact {
  const wanted = side === "source" ? "none, or copies that commit together with the primary" : "any";
  return {
    id: "replication",
    group: "server",
    title: "availability group, mirroring and replication",
    ask: {
      sql: `SELECT CASE WHEN d.replica_id IS NULL THEN 0 ELSE 1 END AS grouped, d.is_published AS published, d.is_merge_published AS merges,
(SELECT COUNT(*) FROM sys.availability_replicas AS r INNER JOIN sys.availability_replicas AS own ON own.group_id = r.group_id WHERE own.replica_id = d.replica_id AND r.availability_mode = 0) AS late,
(SELECT COUNT(*) FROM sys.availability_replicas AS own WHERE own.replica_id = d.replica_id) AS shown
FROM sys.databases AS d WHERE d.database_id = DB_ID()`,
      params: [],
    },
    judge: ([row]) => {
      const found = [
        ...(isSet(row, "grouped") ? ["in an availability group"] : []),
        ...(isSet(row, "published") || isSet(row, "merges") ? ["published"] : []),
      ];
      if (found.length === 0) return ok("none", wanted);
      if (side === "target") return ok(found.join(", "), wanted);
      if (isSet(row, "grouped") && Number(text(row, "shown")) === 0)
        return {
          status: "unknown",
          found: `${found.join(", ")}, whose replicas are not shown`,
          wanted,
          advice:
            "Grant VIEW ANY DEFINITION on the server, or look whether a replica has ASYNCHRONOUS_COMMIT",
        };
      if (Number(text(row, "late")) === 0) return ok(found.join(", "), wanted);
      return {
        status: "warn",
        found: `${found.join(", ")}, with a replica that commits later`,
        wanted,
        advice:
          "Name the listener in the JDBC URL; after a forced failover run `sync-tool verify`: green may have rows that blue lost",
      };
    },
  };
}

/** "sys.dm_db_log_space_usage"; what keeps the log from being cut is in "sys.databases" (log_reuse_wait_desc). */
const log: Fact = {
  id: "log-space",
  group: "server",
  title: "transaction log",
  ask: {
    sql: `SELECT CONVERT(int, u.used_log_space_in_percent) AS used, d.recovery_model_desc AS recovery, d.log_reuse_wait_desc AS waits
FROM sys.databases AS d CROSS JOIN sys.dm_db_log_space_usage AS u WHERE d.database_id = DB_ID()`,
    params: [],
  },
  refused: (reason) => ({
    status: "unknown",
    found: reason,
    wanted: `at most ${FULL_LOG_PERCENT} % used`,
    advice: "Grant VIEW SERVER STATE, or look at DBCC SQLPERF(LOGSPACE)",
  }),
  judge: ([row]) => {
    const wanted = `at most ${FULL_LOG_PERCENT} % used`;
    const found = `${text(row, "used")} % used, recovery model ${text(row, "recovery")}, waits for ${text(row, "waits")}`;
    if (Number(text(row, "used")) <= FULL_LOG_PERCENT) return ok(found, wanted);
    return {
      status: "warn",
      found,
      wanted,
      advice: "Back the log up, or make room: when it is full every write fails",
    };
  },
};

/** "sys.dm_os_volume_stats"; Azure SQL Database has none. */
const disk = freeDiskFact(
  {
    sql: `SELECT MIN(v.available_bytes * 100 / v.total_bytes) AS free FROM sys.database_files AS f
CROSS APPLY sys.dm_os_volume_stats(DB_ID(), f.file_id) AS v WHERE v.total_bytes > 0`,
    params: [],
  },
  { advice: "Grant VIEW SERVER STATE, or look at the disks of the database's files" },
);

/**
 * Others see a delayed commit at once: green then has what a crash of blue takes back ("Control Transaction Durability":
 * ALLOWED leaves the choice to each COMMIT).
 */
const durability: Fact = {
  id: "durability",
  group: "settings",
  title: "commits survive a crash",
  ask: {
    sql: "SELECT delayed_durability_desc AS delayed FROM sys.databases WHERE database_id = DB_ID()",
    params: [],
  },
  judge: ([row]) => {
    const wanted = "DELAYED_DURABILITY not FORCED";
    const found = `DELAYED_DURABILITY ${text(row, "delayed")}`;
    if (text(row, "delayed") !== "FORCED") return ok(found, wanted);
    return {
      status: "warn",
      found,
      wanted,
      statements: ["ALTER DATABASE CURRENT SET DELAYED_DURABILITY = DISABLED"],
    };
  },
};

const timeZone: Fact = {
  id: "time-zone",
  group: "settings",
  title: "time zone of the server",
  ask: { sql: "SELECT DATENAME(TZoffset, SYSDATETIMEOFFSET()) AS zone", params: [] },
  judge: ([row]) => ok(text(row, "zone"), "any; times are carried as the wall clock shows them"),
};

/** With 0, what other triggers write fires none of ours ("nested triggers server configuration option"). */
const nestedTriggers: Fact = {
  id: "nested-triggers",
  group: "settings",
  title: "triggers fire for what triggers write",
  ask: {
    sql: "SELECT CONVERT(int, value_in_use) AS nested FROM sys.configurations WHERE name = 'nested triggers'",
    params: [],
  },
  judge: ([row]) => {
    const wanted = "nested triggers 1";
    if (text(row, "nested") !== "0") return ok(wanted, wanted);
    return {
      status: "warn",
      found: "nested triggers 0: what other triggers write to a synced table is not captured",
      wanted,
      statements: ["EXEC sp_configure 'nested triggers', 1", "RECONFIGURE"],
    };
  },
};

/** One that runs before ours and writes to its own rows would be journaled in the wrong order ("sp_settriggerorder"). */
function otherTriggers({ tables }: FactScope): Fact {
  const wanted = "none that runs before capture";
  const own = tables.flatMap(({ names }) => [names.insertTrigger, names.updateTrigger, names.deleteTrigger]);
  const marks = (names: readonly string[]): string => ["", ...names].map(() => "?").join(", ");
  const on = tables.map(({ source }) => source.name);
  return {
    id: "other-triggers",
    group: "capture",
    title: "other triggers on the synced tables",
    ask: {
      sql: `SELECT DISTINCT t.name AS tbl, g.name AS name, CONVERT(int, e.is_first) AS is_first FROM sys.triggers AS g
INNER JOIN sys.tables AS t ON t.object_id = g.parent_id INNER JOIN sys.trigger_events AS e ON e.object_id = g.object_id
WHERE t.schema_id = SCHEMA_ID() AND g.is_disabled = 0 AND g.is_instead_of_trigger = 0 AND t.name IN (${marks(on)}) AND g.name NOT IN (${marks(own)})`,
      params: ["", ...on, "", ...own],
    },
    judge: (rows) => {
      const list = (some: readonly ResultRow[]): string =>
        [...new Set(some.map((row) => `${text(row, "name")} on ${text(row, "tbl")}`))].join(", ");
      const first = rows.filter((row) => isSet(row, "is_first"));
      if (first.length === 0) return ok(rows.length === 0 ? "none" : `${list(rows)}, after capture`, wanted);
      return {
        status: "warn",
        found: `marked as first: ${list(first)}`,
        wanted,
        advice:
          "If it writes to the row that fired it, sp_settriggerorder should make it 'None' and prepare should be run again",
      };
    },
  };
}
