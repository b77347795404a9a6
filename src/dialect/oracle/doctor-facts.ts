import type { Fact, FactScope } from "../../contract/fact.ts";
import { ok, text } from "../doctor-answers.ts";
import { sequenceName } from "../sequence-name.ts";
import { oldTransactionsFact, tlsFact } from "../shared-facts.ts";
import { quote } from "./connect.ts";
import { cleanUpFacts } from "./doctor-clean-up.ts";
import { grantFacts } from "./doctor-grants.ts";
import { spaceFacts } from "./doctor-space.ts";
import { grantee } from "./grants.ts";
import { SCHEMA } from "./introspect.ts";
import { listOf } from "./list-of.ts";

/** The day comes from the text too: CAST to DATE may round up over midnight. */
export const clock = `SELECT (TO_DATE(TO_CHAR(c.NOW, 'YYYYMMDD'), 'YYYYMMDD') - TO_DATE('19700101', 'YYYYMMDD')) * 86400000
+ TO_NUMBER(TO_CHAR(c.NOW, 'SSSSS')) * 1000 + TO_NUMBER(TO_CHAR(c.NOW, 'FF3')) AS "now_ms"
FROM (SELECT SYS_EXTRACT_UTC(SYSTIMESTAMP) AS NOW FROM DUAL) c`;

/**
 * Everything that `doctor` asks of an Oracle server, see fact.ts. The views are those of "Database Reference"; where one
 * needs a grant, the finding names it.
 */
export function facts(scope: FactScope): readonly Fact[] {
  const both = [
    ...grantFacts(scope),
    ...spaceFacts(scope),
    role,
    instances,
    charset,
    timeZone,
    tls(scope),
    password,
    sessions(scope),
    ...cleanUpFacts(scope),
  ];
  return scope.side === "source"
    ? [...both, sequences(scope), oldTransactions(scope)]
    : [...both, changingTriggers(scope)];
}

/** "SYS_CONTEXT": PRIMARY, PHYSICAL STANDBY, LOGICAL STANDBY or SNAPSHOT STANDBY, whose changes are thrown away. */
const role: Fact = {
  id: "database-role",
  group: "server",
  title: "role of the database in Data Guard",
  ask: { sql: "SELECT SYS_CONTEXT('USERENV', 'DATABASE_ROLE') AS ROLE FROM DUAL", params: [] },
  judge: ([row]) => {
    const found = text(row, "ROLE");
    if (found === "PRIMARY") return ok(found, "PRIMARY");
    const advice = "Connect to the primary; a service with a role follows it";
    return { status: "fail", found, wanted: "PRIMARY", advice };
  },
};

const instances: Fact = {
  id: "instances",
  group: "server",
  title: "instances of the cluster",
  ask: { sql: "SELECT COUNT(*) AS N FROM GV$INSTANCE", params: [] },
  refused: () => ok("not shown (SELECT on SYS.GV_$INSTANCE)", "any; positions are ordered over all of them"),
  judge: ([row]) => ok(text(row, "N"), "any; positions are ordered over all of them"),
};

/** A character that the set lacks is replaced by the server, without an error: see holdable.ts. */
const charset: Fact = {
  id: "charset",
  group: "settings",
  title: "character set of the database",
  ask: { sql: "SELECT VALUE FROM NLS_DATABASE_PARAMETERS WHERE PARAMETER = 'NLS_CHARACTERSET'", params: [] },
  judge: ([row]) => {
    const found = text(row, "VALUE");
    if (found === "AL32UTF8") return ok(found, "AL32UTF8");
    const advice =
      "A text with a letter that the set lacks becomes a dead letter; where the set has several bytes for a letter the database replaces it without an error, and `sync-tool verify` names the row. A source of the same set has none";
    return { status: "warn", found, wanted: "AL32UTF8", advice };
  },
};

const timeZone: Fact = {
  id: "time-zone",
  group: "settings",
  title: "time zone of the server",
  ask: {
    sql: "SELECT TO_CHAR(SYSTIMESTAMP, 'TZR') AS SYSTEM, DBTIMEZONE AS DB, SESSIONTIMEZONE AS OURS FROM DUAL",
    params: [],
  },
  judge: ([row]) =>
    ok(
      `${text(row, "SYSTEM")}, database ${text(row, "DB")}, our sessions ${text(row, "OURS")}`,
      "any; our sessions use UTC",
    ),
};

/** Native Network Encryption shows as tcp; the driver's thin mode does not have it. */
const tls = (scope: FactScope): Fact =>
  tlsFact(scope, {
    ask: { sql: "SELECT SYS_CONTEXT('USERENV', 'NETWORK_PROTOCOL') AS PROTOCOL FROM DUAL", params: [] },
    encryption: (row) => (text(row, "PROTOCOL").toLowerCase() === "tcps" ? "tcps" : undefined),
    advice: "Use jdbc:oracle:thin:@tcps://host:2484/service",
  });

const SOON_DAYS = 14;

/** An expired password ends a run at its next connection (ORA-28001). */
const password: Fact = {
  id: "password-expiry",
  group: "connection",
  title: "days until the user's password expires",
  ask: {
    sql: "SELECT u.ACCOUNT_STATUS AS STATUS, FLOOR(u.EXPIRY_DATE - SYSDATE) AS DAYS FROM USER_USERS u",
    params: [],
  },
  judge: ([row]) => {
    const wanted = `more than ${SOON_DAYS}`;
    const [status, days] = [text(row, "STATUS"), text(row, "DAYS")];
    if (status === "OPEN" && days === "") return ok("it does not expire", wanted);
    if (status === "OPEN" && Number(days) > SOON_DAYS) return ok(days, wanted);
    const advice = "Set the password anew, or give the user a profile without PASSWORD_LIFE_TIME";
    return { status: "warn", found: days === "" ? status : `${days} (${status})`, wanted, advice };
  },
};

/** The pool and the sessions that hold locks; limits of a profile count where RESOURCE_LIMIT is TRUE. */
function sessions({ settings }: FactScope): Fact {
  const needed = settings.pool.max + 2;
  const wanted = `SESSIONS_PER_USER of ${needed} at least, no IDLE_TIME`;
  return {
    id: "profile",
    group: "connection",
    title: "limits of the user's profile",
    ask: {
      sql: "SELECT RESOURCE_NAME AS NAME, LIMIT FROM USER_RESOURCE_LIMITS WHERE RESOURCE_NAME IN ('SESSIONS_PER_USER', 'IDLE_TIME', 'CONNECT_TIME')",
      params: [],
    },
    judge: (rows) => {
      const limits = rows.filter((row) => /^\d+$/.test(text(row, "LIMIT")));
      const found = limits.map((row) => `${text(row, "NAME")} ${text(row, "LIMIT")}`).join(", ") || "none";
      const isTight = limits.some(
        (row) => text(row, "NAME") !== "SESSIONS_PER_USER" || Number(text(row, "LIMIT")) < needed,
      );
      if (!isTight) return ok(found, wanted);
      const advice = "Give the user a profile without these limits: a session that ends costs a run its lock";
      return { status: "warn", found, wanted, advice };
    },
  };
}

/** A position must never be handed out twice, nor before one that another instance asked for earlier. */
function sequences({ tables }: FactScope): Fact {
  const names = listOf(tables.map(({ names }) => sequenceName(names.journal)));
  const wanted = "ORDER, NOCYCLE, by 1";
  return {
    id: "sequences",
    group: "capture",
    title: "sequences of the journals",
    ask: {
      sql: `SELECT q.SEQUENCE_NAME AS NAME, q.ORDER_FLAG, q.CYCLE_FLAG, q.INCREMENT_BY FROM ALL_SEQUENCES q
WHERE q.SEQUENCE_OWNER = ${SCHEMA} AND q.SEQUENCE_NAME IN (${names.marks})
AND (q.ORDER_FLAG <> 'Y' OR q.CYCLE_FLAG <> 'N' OR q.INCREMENT_BY <> 1)`,
      params: names.params,
    },
    judge: (rows) =>
      rows.length === 0
        ? ok(wanted, wanted)
        : {
            status: "fail",
            found: `otherwise: ${rows.map((row) => text(row, "NAME")).join(", ")}`,
            wanted,
            statements: rows.map(
              (row) => `ALTER SEQUENCE ${quote(text(row, "NAME"))} INCREMENT BY 1 NOCYCLE ORDER`,
            ),
          },
  };
}

/** Those that write to tables of this schema; one that only reads, as a consistent export's, is not shown. */
function oldTransactions({ tables, settings }: FactScope): Fact {
  const names = listOf(tables.map((table) => table.names.journal));
  return oldTransactionsFact({
    ask: {
      sql: `SELECT NVL(s.USERNAME, '-') AS NAME, ROUND((SYSDATE - t.START_DATE) * 86400) AS "age"
FROM GV$TRANSACTION t LEFT JOIN GV$SESSION s ON s.INST_ID = t.INST_ID AND s.TADDR = t.ADDR
WHERE EXISTS (SELECT 1 FROM GV$LOCKED_OBJECT l INNER JOIN ALL_OBJECTS b ON b.OBJECT_ID = l.OBJECT_ID WHERE b.OWNER = ${SCHEMA}
AND l.INST_ID = t.INST_ID AND l.XIDUSN = t.XIDUSN AND l.XIDSLOT = t.XIDSLOT AND l.XIDSQN = t.XIDSQN)
AND t.START_DATE < (SELECT MAX(o.CREATED) FROM ALL_OBJECTS o WHERE o.OWNER = ${SCHEMA} AND o.OBJECT_TYPE = 'TABLE'
AND o.OBJECT_NAME IN (${names.marks}))`,
      params: names.params,
    },
    name: (row) => `one of ${text(row, "NAME")}`,
    untold: {
      found: "not shown; prepare itself waits for those that changed the tables",
      statements: ["GV_$TRANSACTION", "GV_$SESSION", "GV_$LOCKED_OBJECT"].map(
        (view) => `GRANT SELECT ON SYS.${view} TO ${grantee(settings.user)}`,
      ),
    },
  });
}

/** WSO2's scripts number the rows of some tables in a trigger, which would give a synced row another number. */
function changingTriggers({ tables }: FactScope): Fact {
  const names = listOf(tables.map(({ target }) => target.name));
  const wanted = "none: they may change a row while it is written";
  return {
    id: "changing-triggers",
    group: "server",
    title: "BEFORE triggers on the synced tables",
    ask: {
      sql: `SELECT g.TRIGGER_NAME AS NAME, g.TABLE_NAME FROM ALL_TRIGGERS g WHERE g.TABLE_OWNER = ${SCHEMA}
AND g.TABLE_NAME IN (${names.marks}) AND g.STATUS = 'ENABLED' AND (g.BEFORE_ROW = 'YES' OR g.TRIGGER_TYPE = 'BEFORE EACH ROW')`,
      params: names.params,
    },
    judge: (rows) =>
      rows.length === 0
        ? ok("none", wanted)
        : {
            status: "warn",
            found: rows.map((row) => `${text(row, "NAME")} on ${text(row, "TABLE_NAME")}`).join(", "),
            wanted,
            advice: "Look at what they do; disable those that number rows until traffic is switched",
          },
  };
}
