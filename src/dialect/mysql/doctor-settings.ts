import type { Fact, FactScope } from "../../contract/fact.ts";
import type { ResultRow } from "../../db/database.ts";
import { ok } from "../doctor-answers.ts";

/** Settings of the server that decide whether capture and a run work at all. */
export function settingFacts(scope: FactScope): readonly Fact[] {
  const both = [readOnly, binlogFormat(scope), galera(scope), timeZone, charset(scope)];
  return scope.side === "source" ? [...both, durability, trustFunctionCreators(scope)] : both;
}

/** Variables by lower-case name; one that a version does not have is not in it. */
function variables(rows: readonly ResultRow[]): ReadonlyMap<string, string> {
  return new Map(
    rows.map((row) => [String(row["Variable_name"]).toLowerCase(), String(row["Value"]).toUpperCase()]),
  );
}

const show = (...names: readonly string[]): Fact["ask"] => ({
  sql: "SHOW GLOBAL VARIABLES WHERE Variable_name IN (?)",
  params: [names],
});

const readOnly: Fact = {
  id: "read-only",
  group: "server",
  title: "the server takes writes",
  ask: show("read_only", "innodb_read_only"),
  judge: (rows) => {
    const set = [...variables(rows)].filter(([, value]) => /^(ON|1|NO_LOCK|NO_LOCK_NO_ADMIN)$/.test(value));
    if (set.length === 0) return ok("it does", "it does");
    return {
      status: "fail",
      found: `${set.map(([name]) => name).join(", ")} is set: probably a replica`,
      wanted: "it does",
      statements: set.filter(([name]) => name === "read_only").map(() => "SET GLOBAL read_only = 0"),
      advice: "Connect to the primary; a replica must stay read-only",
    };
  },
};

/** Our sessions use READ COMMITTED, whose writes a statement log cannot hold: error 1665 (MySQL manual). */
function binlogFormat({ side }: FactScope): Fact {
  const wanted = "ROW or MIXED where the binary log is on";
  return {
    id: "binlog-format",
    group: "settings",
    title: "format of the binary log",
    ask: show("log_bin", "binlog_format"),
    judge: (rows) => {
      const found = variables(rows);
      const format = found.get("binlog_format") ?? "ROW";
      if (found.get("log_bin") !== "ON") return ok("the binary log is off", wanted);
      if (format !== "STATEMENT") return ok(format, wanted);
      return {
        status: side === "target" ? "fail" : "warn",
        found: format,
        wanted,
        statements: ["SET GLOBAL binlog_format = 'ROW'"],
        advice:
          "Set binlog_format=ROW in the server's configuration too, or a restart brings the old one back",
      };
    },
  };
}

/** Others see such a commit at once: green then has what a crash of blue takes back. */
const durability: Fact = {
  id: "durability",
  group: "settings",
  title: "commits survive a crash",
  ask: show("innodb_flush_log_at_trx_commit", "log_bin", "sync_binlog"),
  judge: (rows) => {
    const wanted = "innodb_flush_log_at_trx_commit = 1, and sync_binlog = 1 where the binary log is on";
    const found = variables(rows);
    const unsafe = [
      "innodb_flush_log_at_trx_commit",
      ...(found.get("log_bin") === "ON" ? ["sync_binlog"] : []),
    ]
      .map((name) => ({ name, value: found.get(name) ?? "1" }))
      .filter(({ value }) => value !== "1");
    if (unsafe.length === 0) return ok("they do", wanted);
    return {
      status: "warn",
      found: unsafe.map(({ name, value }) => `${name} = ${value}`).join(", "),
      wanted,
      statements: unsafe.map(({ name }) => `SET GLOBAL ${name} = 1`),
      advice: "Set it in the server's configuration too, or a restart brings the old value back",
    };
  },
};

/** With the binary log on, only SUPER may make triggers unless this is set: error 1419. */
function trustFunctionCreators({ isPrepared }: FactScope): Fact {
  const wanted = "ON where the binary log is on and the user has no SUPER";
  return {
    id: "trust-function-creators",
    group: "settings",
    title: "who may make triggers",
    ask: {
      sql: `SELECT @@GLOBAL.log_bin AS log_bin, @@GLOBAL.log_bin_trust_function_creators AS trusts,
(SELECT COUNT(*) FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE = 'SUPER'
 AND REPLACE(GRANTEE, '''', '') = CURRENT_USER()) AS super`,
      params: [],
    },
    judge: ([row]) => {
      const is = (column: string): boolean => String(row?.[column]) !== "0";
      if (!is("log_bin")) return ok("the binary log is off", wanted);
      if (is("trusts") || is("super")) return ok(is("trusts") ? "ON" : "the user has SUPER", wanted);
      if (isPrepared) return ok("OFF; capture is installed, so nothing needs it now", wanted);
      return {
        status: "fail",
        found: "OFF, and the user has no SUPER",
        wanted,
        statements: ["SET GLOBAL log_bin_trust_function_creators = 1"],
        advice: "Or give your DBA the scripts of `sync-tool prepare --generate-ddl`",
      };
    },
  };
}

/** A probe for open transactions sees only those of its own node. */
function galera({ side, settings }: FactScope): Fact {
  const wanted = side === "source" ? "one host in the URL: the node that takes the writes" : "any";
  return {
    id: "galera",
    group: "server",
    title: "Galera cluster",
    ask: show("wsrep_on", "auto_increment_increment"),
    judge: (rows) => {
      const found = variables(rows);
      if (found.get("wsrep_on") !== "ON") return ok("no cluster", wanted);
      if (side === "target") return ok("a cluster; certification conflicts are tried again", wanted);
      return {
        status: settings.hosts.length > 1 ? "fail" : "warn",
        found: `a cluster, ${settings.hosts.length} hosts in the URL`,
        wanted,
        advice:
          "Name only the node that takes all writes of the application in the JDBC URL; open transactions of other nodes cannot be seen",
      };
    },
  };
}

const timeZone: Fact = {
  id: "time-zone",
  group: "settings",
  title: "time zone of the server",
  ask: {
    sql: "SELECT @@GLOBAL.time_zone AS zone, @@GLOBAL.system_time_zone AS systems, @@SESSION.time_zone AS ours",
    params: [],
  },
  judge: ([row]) =>
    ok(
      `${String(row?.["zone"])} (${String(row?.["systems"])}), our sessions ${String(row?.["ours"])}`,
      "any; our sessions use UTC",
    ),
};

function charset({ side, tables }: FactScope): Fact {
  const wanted = "utf8mb4 where users or tokens may have characters outside the others";
  const names = tables.map((table) => (side === "source" ? table.source.name : table.target.name));
  return {
    id: "charset",
    group: "settings",
    title: "character sets of the synced columns",
    ask: {
      sql: "SELECT DISTINCT CHARACTER_SET_NAME AS charset FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND CHARACTER_SET_NAME IS NOT NULL AND TABLE_NAME IN (?)",
      params: [names.length === 0 ? [""] : names],
    },
    judge: (rows) => {
      const found = rows.map((row) => String(row["charset"])).sort();
      if (side === "source" || found.every((one) => one === "utf8mb4"))
        return ok(found.join(", ") || "none", wanted);
      const advice =
        "A text that its column cannot hold becomes a dead letter; ALTER TABLE ... CONVERT TO CHARACTER SET utf8mb4 widens it";
      return { status: "warn", found: found.join(", "), wanted, advice };
    },
  };
}
