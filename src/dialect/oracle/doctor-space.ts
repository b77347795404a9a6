import type { Statement } from "../../contract/dialect.ts";
import type { Fact, FactScope, Finding } from "../../contract/fact.ts";
import { ok, text } from "../doctor-answers.ts";
import { quote } from "./connect.ts";
import { grantee } from "./grants.ts";
import { SCHEMA } from "./introspect.ts";
import { listOf } from "./list-of.ts";

const LITTLE = 1024 ** 3;

export function spaceFacts(scope: FactScope): readonly Fact[] {
  return [quota(scope), disk(scope)];
}

const mib = (bytes: number): string => `${Math.floor(bytes / 1024 ** 2)} MiB`;

/**
 * The journal belongs to the tables' owner and counts against its quota: when that is used up, the application's own
 * writes fail (ORA-01536). Asked for the connected user, who owns the tables as a rule.
 */
function quota({ settings }: FactScope): Fact {
  const wanted = "1 GiB at least, or no limit";
  return {
    id: "quota",
    group: "server",
    title: "what is left of the user's quota",
    ask: {
      sql: `SELECT u.DEFAULT_TABLESPACE AS SPACE, q.MAX_BYTES AS MOST, q.BYTES AS USED,
(SELECT COUNT(*) FROM SESSION_PRIVS s WHERE s.PRIVILEGE = 'UNLIMITED TABLESPACE') AS NO_LIMIT
FROM USER_USERS u LEFT JOIN USER_TS_QUOTAS q ON q.TABLESPACE_NAME = u.DEFAULT_TABLESPACE
WHERE u.USERNAME = ${SCHEMA}`,
      params: [],
    },
    judge: ([row]) => {
      if (row === undefined) return ok("the tables are another user's", wanted);
      const space = text(row, "SPACE");
      const most = text(row, "MOST");
      if (text(row, "NO_LIMIT") !== "0" || most === "-1") return ok("no limit", wanted);
      const left = most === "" ? 0 : Number(most) - Number(text(row, "USED"));
      if (left >= LITTLE) return ok(mib(left), wanted);
      return {
        status: most === "" ? "fail" : "warn",
        found: most === "" ? `no quota on ${space}` : `${mib(left)} on ${space}`,
        wanted,
        statements: [`ALTER USER ${grantee(settings.user)} QUOTA UNLIMITED ON ${quote(space)}`],
      };
    },
  };
}

/** Free extents, and what files that grow by themselves may still grow by. */
function disk({ settings }: FactScope): Fact {
  const wanted = "1 GiB at least";
  const refused = (): Finding => ({
    status: "unknown",
    found: "not shown",
    wanted,
    statements: ["DBA_DATA_FILES", "DBA_FREE_SPACE"].map(
      (view) => `GRANT SELECT ON SYS.${view} TO ${grantee(settings.user)}`,
    ),
  });
  return {
    id: "disk",
    group: "server",
    title: "free space of the tablespace",
    ask: {
      sql: `SELECT u.DEFAULT_TABLESPACE AS SPACE,
NVL((SELECT SUM(f.BYTES) FROM DBA_FREE_SPACE f WHERE f.TABLESPACE_NAME = u.DEFAULT_TABLESPACE), 0)
+ NVL((SELECT SUM(GREATEST(d.MAXBYTES - d.BYTES, 0)) FROM DBA_DATA_FILES d
WHERE d.TABLESPACE_NAME = u.DEFAULT_TABLESPACE AND d.AUTOEXTENSIBLE = 'YES'), 0) AS FREE FROM USER_USERS u`,
      params: [],
    },
    refused,
    judge: ([row]) => {
      const free = Number(text(row, "FREE"));
      const found = `${mib(free)} in ${text(row, "SPACE")}`;
      if (free >= LITTLE) return ok(found, wanted);
      return { status: "warn", found, wanted, advice: "Add a data file, or let one grow" };
    },
  };
}

export function journalBytes(journals: readonly string[]): Statement {
  const names = listOf(journals);
  return {
    sql: `SELECT NVL(SUM(g.BYTES), 0) AS "bytes" FROM USER_SEGMENTS g WHERE g.SEGMENT_NAME IN (${names.marks})
OR g.SEGMENT_NAME IN (SELECT l.SEGMENT_NAME FROM USER_LOBS l WHERE l.TABLE_NAME IN (${names.marks}))`,
    params: [...names.params, ...names.params],
  };
}
