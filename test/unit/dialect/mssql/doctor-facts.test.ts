import { expect, test } from "vitest";
import type { ConnectionSettings } from "../../../../src/config/sync-config.ts";
import { facts } from "../../../../src/dialect/mssql/doctor-facts.ts";
import { wso2Plans } from "../../../support/wso2-plans.ts";

const settings: ConnectionSettings = {
  type: "mssql",
  hosts: [{ host: "blue", port: 1433 }],
  user: "sync_tool",
  password: "",
  tls: { mode: "prefer" },
  connectTimeoutMs: 1_000,
  pool: { max: 1, acquireTimeoutMs: 1_000 },
};

async function fact(side: "source" | "target", id: string, more: Partial<ConnectionSettings> = {}) {
  const tables = await wso2Plans("mssql", "5.9.0");
  const scope = {
    side,
    settings: { ...settings, ...more },
    tables,
    isPrepared: true,
    present: new Set<string>(),
  };
  const found = facts(scope).find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`no fact ${id}`);
  return found;
}

test("every fact has a name of its own on each side", async () => {
  for (const side of ["source", "target"] as const) {
    const tables = await wso2Plans("mssql", "5.9.0");
    const ids = facts({ side, settings, tables, isPrepared: false, present: new Set() }).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThan(6);
  }
});

test("missing privileges come with the exact GRANT, one for each object", async () => {
  const finding = (await fact("source", "grants-run")).judge([
    { me: "run]er", name: "[A_S]", privilege: "SELECT" },
    { me: "run]er", name: "[A_S]", privilege: "VIEW DEFINITION" },
    { me: "run]er", name: "[A_Q]", privilege: "VIEW DEFINITION" },
  ]);
  expect(finding.statements).toEqual([
    "GRANT SELECT, VIEW DEFINITION ON [A_S] TO [run]]er]",
    "GRANT VIEW DEFINITION ON [A_Q] TO [run]]er]",
  ]);
});

test("what the generated grants give is what is asked for", async () => {
  const { mssql } = await import("../../../../src/dialect/mssql/index.ts");
  const tables = await wso2Plans("mssql", "5.9.0");
  for (const side of ["source", "target"] as const) {
    const granted = mssql.ddl.grants(side, tables, [], { name: "u" }).flatMap((sql) => {
      const [, list = "", on = ""] = /^GRANT (.*) ON (\[\w+\]) TO \[u\]$/.exec(sql) ?? [];
      return list.split(", ").map((privilege) => `${privilege} ${on}`);
    });
    const { params } = (await fact(side, "grants-run")).ask;
    const own = tables.flatMap(({ names, source, target, targetNames }) =>
      [names.journal, source.name, target.name, targetNames.checkpoint].map((name) => `[${name}]`),
    );
    const asked = params.flatMap((name, i) =>
      i % 2 === 0 && own.includes(String(name)) ? [`${String(params[i + 1])} ${String(name)}`] : [],
    );
    expect(asked.length).toBeGreaterThan(tables.length);
    expect(asked.filter((one) => !granted.includes(one))).toEqual([]);
  }
});

test("rights on the server are granted in master, those of Azure SQL Database in the database", async () => {
  const { judge } = await fact("source", "grants-transactions");
  const row = { on_server: 0, on_database: 0, me: "user", login_name: "login", db: "IS" };
  expect(judge([{ ...row, engine: 3 }]).statements).toEqual([
    "USE [master]",
    "GRANT VIEW SERVER STATE TO [login]",
    "USE [IS]",
  ]);
  expect(judge([{ ...row, engine: 5 }]).statements).toEqual(["GRANT VIEW DATABASE STATE TO [user]"]);
  expect(judge([{ ...row, on_server: 1, engine: 3 }]).status).toBe("ok");
});

/** "sys.dm_tran_locks", permissions: since 2022 a right of its own suffices; a server that does not know it answers NULL. */
test("the right of 2022 to see transactions counts as well", async () => {
  const { ask } = await fact("source", "grants-transactions");
  expect(ask.sql).toContain("HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER PERFORMANCE STATE'), 0)");
  expect(ask.sql).toContain("'VIEW DATABASE PERFORMANCE STATE'), 0)");
});

/** "NEXT VALUE FOR", default constraints: who adds one needs REFERENCES on the sequence, which ALTER does not bring along. */
test("who prepares needs REFERENCES on the schema, for the journals' sequences", async () => {
  const { ask, judge } = await fact("source", "grants-prepare");
  expect(ask.sql).toContain("'SCHEMA', 'REFERENCES') AS refers");
  const row = { creates: 1, alters: 1, refers: 1, fixed: 0 };
  expect(judge([row]).status).toBe("ok");
  expect(judge([{ ...row, refers: 0 }]).found).toContain("missing: REFERENCES on the schema");
});

test("an old compatibility level fails on the target and is blue's own affair on the source", async () => {
  expect((await fact("target", "compatibility-level")).judge([{ level: 120 }])).toMatchObject({
    status: "fail",
  });
  expect((await fact("source", "compatibility-level")).judge([{ level: 120 }])).toMatchObject({
    status: "warn",
  });
  expect((await fact("target", "compatibility-level")).judge([{ level: 160 }])).toMatchObject({
    status: "ok",
  });
});

test("encryption that the URL demands needs no look at the server, other encryption does", async () => {
  const demanded = await fact("source", "tls", { tls: { mode: "verify-full" } });
  expect(demanded.refused?.("denied").status).toBe("ok");
  const hoped = await fact("source", "tls");
  expect(hoped.refused?.("denied").status).toBe("unknown");
  expect(hoped.judge([{ encrypted: "TRUE" }]).status).toBe("ok");
  expect(hoped.judge([{ encrypted: "FALSE" }]).status).toBe("warn");
});

test("a trigger that goes before ours, and triggers that fire none, are named", async () => {
  const order = await fact("source", "other-triggers");
  expect(order.judge([{ tbl: "T", name: "audit", is_first: 1 }])).toMatchObject({
    status: "warn",
    found: "marked as first: audit on T",
  });
  expect(order.judge([{ tbl: "T", name: "audit", is_first: 0 }]).status).toBe("ok");
  expect((await fact("source", "nested-triggers")).judge([{ nested: 0 }]).status).toBe("warn");
  expect((await fact("source", "nested-triggers")).judge([{ nested: 1 }]).status).toBe("ok");
});

test("commits that are all written later are warned of, with the statement that ends that", async () => {
  const { judge } = await fact("source", "durability");
  expect(judge([{ delayed: "FORCED" }])).toMatchObject({
    status: "warn",
    statements: ["ALTER DATABASE CURRENT SET DELAYED_DURABILITY = DISABLED"],
  });
  for (const delayed of ["ALLOWED", "DISABLED"]) expect(judge([{ delayed }]).status).toBe("ok");
});

test("a full log, a full disk and a replica that commits later are warned of", async () => {
  expect(
    (await fact("source", "log-space")).judge([{ used: 81, recovery: "FULL", waits: "LOG_BACKUP" }]),
  ).toMatchObject({
    status: "warn",
    found: "81 % used, recovery model FULL, waits for LOG_BACKUP",
  });
  expect((await fact("source", "disk")).judge([{ free: 9 }]).status).toBe("warn");
  expect((await fact("source", "disk")).judge([{ free: null }]).status).toBe("unknown");
  const replica = { grouped: 1, published: false, merges: false, shown: 1 };
  expect((await fact("source", "replication")).judge([{ ...replica, late: 1 }]).status).toBe("warn");
  expect((await fact("source", "replication")).judge([{ ...replica, late: 0 }]).status).toBe("ok");
  expect((await fact("source", "replication")).judge([{ ...replica, late: 0, shown: 0 }]).status).toBe(
    "unknown",
  );
  expect((await fact("target", "replication")).judge([{ ...replica, late: 1 }]).status).toBe("ok");
});
