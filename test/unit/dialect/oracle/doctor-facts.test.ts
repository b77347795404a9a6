import { beforeAll, describe, expect, test } from "vitest";
import type { ConnectionSettings } from "../../../../src/config/sync-config.ts";
import type { Finding } from "../../../../src/contract/fact.ts";
import type { TablePlan } from "../../../../src/contract/sync-plan.ts";
import { facts } from "../../../../src/dialect/oracle/doctor-facts.ts";
import { TRANSACTION_VIEWS } from "../../../../src/dialect/oracle/horizon.ts";
import { oracle } from "../../../../src/dialect/oracle/index.ts";
import { wso2Plans } from "../../../support/wso2-plans.ts";

let tables: readonly TablePlan[];
beforeAll(async () => {
  tables = await wso2Plans("oracle", "5.9.0");
});

const SETTINGS: ConnectionSettings = {
  type: "oracle",
  hosts: [{ host: "blue.example", port: 1521 }],
  user: "sync_tool",
  password: "not-to-be-seen",
  tls: { mode: "disable" },
  connectTimeoutMs: 1_000,
  pool: { max: 8, acquireTimeoutMs: 1_000 },
};

interface Scene {
  readonly side?: "source" | "target";
  readonly isPrepared?: boolean;
}

function factOf(id: string, { side = "source", isPrepared = false }: Scene = {}) {
  const all = facts({ side, settings: SETTINGS, tables, isPrepared, present: new Set() });
  const fact = all.find((one) => one.id === id);
  if (fact === undefined) throw new Error(`no fact ${id}`);
  return fact;
}

const judge = (id: string, rows: readonly Record<string, unknown>[], scene?: Scene): Finding =>
  factOf(id, scene).judge([...rows]);

test("every fact has a name of its own", () => {
  for (const side of ["source", "target"] as const) {
    const ids = facts({ side, settings: SETTINGS, tables, isPrepared: true, present: new Set() }).map(
      (fact) => fact.id,
    );
    expect(new Set(ids).size).toBe(ids.length);
  }
});

describe("grants", () => {
  test("what is missing is granted by one statement for each table", () => {
    expect(judge("grants-run", [])).toMatchObject({ status: "ok" });
    const found = judge("grants-run", [
      { TBL: "A_S", PRIV: "SELECT", OWNER: "WSO2" },
      { TBL: "A_S", PRIV: "DELETE", OWNER: "WSO2" },
      { TBL: "B", PRIV: "SELECT", OWNER: "WSO2" },
    ]);
    expect(found.status).toBe("fail");
    expect(found.statements).toEqual([
      'GRANT SELECT, DELETE ON "WSO2"."A_S" TO "SYNC_TOOL"',
      'GRANT SELECT ON "WSO2"."B" TO "SYNC_TOOL"',
    ]);
  });

  test("the target's runner also needs the table of locks, which is not a table of the plan", () => {
    expect(factOf("grants-run", { side: "target" }).ask.params).toContain("SYNC_LOCKS");
    expect(factOf("grants-run").ask.params).not.toContain("SYNC_LOCKS");
  });

  test("the source's runner also needs to see the journals' sequences, which belong to capture", () => {
    const { params } = factOf("grants-run").ask;
    expect(params).toContain("IDN_OAUTH2_ACCESS_TOKEN_Q");
    const granted = oracle.ddl.grants("source", tables, [], { name: "sync_tool" }).join("\n");
    expect(granted).toContain('GRANT SELECT ON "IDN_OAUTH2_ACCESS_TOKEN_Q" TO "SYNC_TOOL"');
    expect(factOf("grants-run", { side: "target" }).ask.params).not.toContain("IDN_OAUTH2_ACCESS_TOKEN_Q");
  });

  test("what prepare lacks matters only until capture is there", () => {
    const rows = [
      { PRIV: "CREATE TRIGGER" },
      { PRIV: "EXECUTE ON SYS.DBMS_UTILITY" },
      { PRIV: "the tables' owner" },
    ];
    expect(judge("grants-prepare", rows)).toMatchObject({
      status: "warn",
      statements: ['GRANT CREATE TRIGGER TO "SYNC_TOOL"', 'GRANT EXECUTE ON SYS.DBMS_UTILITY TO "SYNC_TOOL"'],
    });
    expect(judge("grants-prepare", rows, { isPrepared: true }).status).toBe("ok");
  });

  test("each view that shows transactions is named when it is not granted", () => {
    expect(
      judge(
        "grants-transactions",
        TRANSACTION_VIEWS.map((TBL) => ({ TBL })),
      ),
    ).toMatchObject({ status: "ok" });
    expect(judge("grants-transactions", [{ TBL: "*" }]).status).toBe("ok");
    const found = judge("grants-transactions", [{ TBL: "GV_$SESSION" }]);
    expect(found).toMatchObject({
      status: "warn",
      found: "missing: GV_$LOCKED_OBJECT, GV_$TRANSACTION, DBA_2PC_PENDING",
    });
    expect(found.statements).toContain('GRANT SELECT ON SYS.GV_$TRANSACTION TO "SYNC_TOOL"');
  });
});

describe("space", () => {
  const quota = (row: Record<string, unknown>) => judge("quota", [{ SPACE: "USERS", ...row }]);

  test("no quota at all fails, little is a warning, none needed is well", () => {
    expect(quota({ MOST: null, USED: null, NO_LIMIT: "0" })).toMatchObject({
      status: "fail",
      statements: ['ALTER USER "SYNC_TOOL" QUOTA UNLIMITED ON "USERS"'],
    });
    expect(quota({ MOST: "1000", USED: "1", NO_LIMIT: "0" }).status).toBe("warn");
    expect(quota({ MOST: "-1", USED: "1", NO_LIMIT: "0" }).status).toBe("ok");
    expect(quota({ MOST: null, USED: null, NO_LIMIT: "1" }).status).toBe("ok");
    expect(judge("quota", []).status).toBe("ok");
  });

  test("free space that is not shown is unknown, with the grants that show it", () => {
    const finding = factOf("disk").refused?.("a table does not exist");
    expect(finding).toMatchObject({ status: "unknown" });
    expect(finding?.statements).toContain('GRANT SELECT ON SYS.DBA_FREE_SPACE TO "SYNC_TOOL"');
    expect(judge("disk", [{ SPACE: "USERS", FREE: "1024" }]).status).toBe("warn");
    expect(judge("disk", [{ SPACE: "USERS", FREE: String(5 * 1024 ** 3) }]).status).toBe("ok");
  });
});

test("a standby is no database to work on", () => {
  expect(judge("database-role", [{ ROLE: "PRIMARY" }]).status).toBe("ok");
  expect(judge("database-role", [{ ROLE: "SNAPSHOT STANDBY" }]).status).toBe("fail");
});

test("a sequence that is not ordered is mended by a statement", () => {
  expect(judge("sequences", [])).toMatchObject({ status: "ok" });
  expect(judge("sequences", [{ NAME: "A_Q", ORDER_FLAG: "N" }])).toMatchObject({
    status: "fail",
    statements: ['ALTER SEQUENCE "A_Q" INCREMENT BY 1 NOCYCLE ORDER'],
  });
});

test("a connection without TLS is a warning, and a password that soon expires too", () => {
  expect(judge("tls", [{ PROTOCOL: "tcps" }]).status).toBe("ok");
  expect(judge("tls", [{ PROTOCOL: "tcp" }]).status).toBe("warn");
  expect(judge("password-expiry", [{ STATUS: "OPEN", DAYS: null }]).status).toBe("ok");
  expect(judge("password-expiry", [{ STATUS: "OPEN", DAYS: "200" }]).status).toBe("ok");
  expect(judge("password-expiry", [{ STATUS: "OPEN", DAYS: "3" }]).status).toBe("warn");
  expect(judge("password-expiry", [{ STATUS: "EXPIRED(GRACE)", DAYS: "3" }]).status).toBe("warn");
});

test("a profile that ends sessions or allows too few is a warning", () => {
  const limit = (NAME: string, LIMIT: string) => judge("profile", [{ NAME, LIMIT }]).status;
  expect(limit("IDLE_TIME", "UNLIMITED")).toBe("ok");
  expect(limit("IDLE_TIME", "30")).toBe("warn");
  expect(limit("SESSIONS_PER_USER", "20")).toBe("ok");
  expect(limit("SESSIONS_PER_USER", "4")).toBe("warn");
});

test("a trigger that may change rows while they are written is named, on the target only", () => {
  const found = judge("changing-triggers", [{ NAME: "IDP_TRIG", TABLE_NAME: "IDP" }], { side: "target" });
  expect(found).toMatchObject({ status: "warn", found: "IDP_TRIG on IDP" });
  expect(() => factOf("changing-triggers")).toThrow();
});
