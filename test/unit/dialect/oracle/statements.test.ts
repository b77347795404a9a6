import { beforeAll, expect, test } from "vitest";
import type { TablePlan } from "../../../../src/contract/sync-plan.ts";
import { connectDescriptor } from "../../../../src/dialect/oracle/connect.ts";
import { oracle } from "../../../../src/dialect/oracle/index.ts";
import { deletion, merge } from "../../../../src/dialect/oracle/write-rows.ts";
import { wso2Plans } from "../../../support/wso2-plans.ts";

let plans: readonly TablePlan[];
beforeAll(async () => {
  plans = await wso2Plans("oracle", "5.9.0");
});
const plan = (name: string): TablePlan => plans.find((table) => table.name === name) as TablePlan;

test("a batch is one MERGE with a list of values for each column", () => {
  const rows = [
    { TOKEN_ID: "a", TIME_CREATED: "2021-03-04 05:06:07", AUTHZ_USER: "" },
    { TOKEN_ID: "b", TIME_CREATED: null, AUTHZ_USER: "ann" },
  ];
  const { sql, params } = merge(plan("IDN_OAUTH2_ACCESS_TOKEN"), rows, ["AUTHZ_USER"]);
  expect(
    sql,
  ).toBe(`MERGE INTO "IDN_OAUTH2_ACCESS_TOKEN" t USING (SELECT ? AS C0, ? AS C1, TO_TIMESTAMP(?, 'YYYY-MM-DD HH24:MI:SS.FF9') AS C2 FROM DUAL) v
ON (t."TOKEN_ID" = v.C0)
WHEN MATCHED THEN UPDATE SET t."TIME_CREATED" = v.C2
WHEN NOT MATCHED THEN INSERT ("TOKEN_ID", "AUTHZ_USER", "TIME_CREATED") VALUES (v.C0, v.C1, v.C2)`);
  expect(params).toEqual([
    ["a", "b"],
    [null, "ann"],
    ["2021-03-04 05:06:07.0", null],
  ]);
});

test("a table of key columns alone is only inserted into", () => {
  const scope = plan("IDN_OAUTH2_ACCESS_TOKEN_SCOPE");
  expect(merge(scope, [{ TOKEN_ID: "a", TOKEN_SCOPE: "b" }], []).sql).not.toContain("WHEN MATCHED");
  expect(
    deletion(scope, [
      ["a", "b"],
      ["c", "d"],
    ]).params,
  ).toEqual([
    ["a", "c"],
    ["b", "d"],
  ]);
});

test("the checkpoint at position 0 has an empty digest, which is stored as NULL and found again", () => {
  const from = { lane: 0, position: 0n, journalId: "j", digest: "" };
  expect(oracle.sql.moveCheckpoint("T_SV", from, { ...from, position: 5n, digest: "d" }).sql).toContain(
    `NVL("DIGEST", '-') = NVL(?, '-')`,
  );
});

test("lists of keys are split at the thousand that one list may hold", () => {
  const table = plan("IDN_OAUTH2_ACCESS_TOKEN");
  const key = table.key.map((c) => c.source);
  const { sql, params } = oracle.sql.readRows(
    "T",
    key,
    key,
    Array.from({ length: 1_001 }, (_, i) => [`k${i}`]),
  );
  expect(params).toHaveLength(1_001);
  expect(sql.match(/ IN \(/g)).toHaveLength(2);
});

test("replacing a trigger neither drops nor disables it", () => {
  const [, trigger] = oracle.ddl.capture(plan("IDN_OAUTH2_ACCESS_TOKEN"));
  const object = trigger?.object ?? { kind: "trigger", name: "" };
  expect(trigger?.sql[0]).toContain("\nDISABLE\n");
  const replaced = oracle.ddl.replaceTrigger("T", [...oracle.ddl.drop(object), ...(trigger?.sql ?? [])]);
  expect(replaced).toHaveLength(3);
  expect(replaced[0]).toMatch(/^CREATE OR REPLACE TRIGGER/);
  expect(replaced[0]).not.toContain("DISABLE");
});

test("the journal gets its identity last, after the wait for older transactions", () => {
  const steps = oracle.ddl.capture(plan("IDN_OAUTH2_ACCESS_TOKEN"));
  expect(steps.map((step) => step.object.kind)).toEqual([
    "journal",
    "trigger",
    "trigger",
    "trigger",
    "sequence",
  ]);
  expect(steps[0]?.sql.join()).not.toContain("COMMENT ON");
  expect(steps[4]?.sql.join()).toMatch(/WAIT_ON_PENDING_DML.*COMMENT ON TABLE/s);
});

test("a trigger is current in the text that the server keeps, with another head, and not when its work was changed", () => {
  const [, trigger] = oracle.ddl.capture(plan("IDN_OAUTH2_ACCESS_TOKEN"));
  if (trigger === undefined) throw new Error("no trigger");
  const kept = (trigger.sql[0] ?? "").replace("CREATE OR REPLACE ", "").replace("DISABLE\n", "");
  expect(oracle.ddl.isCurrent(trigger, kept)).toBe(true);
  expect(oracle.ddl.isCurrent(trigger, kept.replace(`:NEW."TOKEN_ID"`, "NULL"))).toBe(false);
});

const SETTINGS = {
  type: "oracle",
  hosts: [{ host: "db", port: 1521 }],
  user: "u",
  password: "p",
  tls: { mode: "disable" },
  connectTimeoutMs: 10_000,
  pool: { max: 1, acquireTimeoutMs: 1_000 },
} as const;

test("a descriptor names the service, or the SID, and encrypts when the URL asks for it", () => {
  const at = { host: "db", port: 1521 };
  expect(connectDescriptor({ ...SETTINGS, database: "IAM" }, at)).toBe(
    "(DESCRIPTION=(EXPIRE_TIME=1)(CONNECT_TIMEOUT=10)(TRANSPORT_CONNECT_TIMEOUT=10)(ADDRESS=(PROTOCOL=TCP)(HOST=db)(PORT=1521))(CONNECT_DATA=(SERVICE_NAME=IAM)))",
  );
  expect(connectDescriptor({ ...SETTINGS, sid: "ORCL" }, at)).toContain("(CONNECT_DATA=(SID=ORCL))");
  const secure = connectDescriptor({ ...SETTINGS, database: "IAM", tls: { mode: "verify-full" } }, at);
  expect(secure).toContain("(PROTOCOL=TCPS)");
  expect(secure).toContain("(SECURITY=(SSL_SERVER_DN_MATCH=ON))");
});
