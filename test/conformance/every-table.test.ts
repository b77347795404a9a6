import { expect, test } from "vitest";
import type { IsVersion } from "../../src/config/versions.ts";
import { planTables } from "../../src/contract/sync-plan.ts";
import { SyncError } from "../../src/errors.ts";
import { buildPlan } from "../../src/plan/build-plan.ts";
import { tableVerdict } from "../../src/plan/table-verdicts.ts";
import { rowSources } from "../../src/run/row-sources.ts";
import { verify } from "../../src/verify/verify.ts";
import { openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import { testEnv } from "../support/env.ts";
import { createOtherTable, type OtherTable, otherTables } from "../support/wso2-other-tables.ts";
import { createTables } from "../support/wso2-tables.ts";

const CHUNK = 30;

/** Parents that the other tables refer to, as the dump brings them, on both sides. */
const parents = (uuid: boolean): readonly string[] => [
  `INSERT INTO IDP (ID, TENANT_ID, NAME${uuid ? ", UUID" : ""}) VALUES (1, -1234, 'LOCAL'${uuid ? ", 'u1'" : ""})`,
  "INSERT INTO IDN_OAUTH_CONSUMER_APPS (ID, CONSUMER_KEY, TENANT_ID) VALUES (1, '1', -1234)",
  "INSERT INTO IDN_OAUTH2_ACCESS_TOKEN (TOKEN_ID, ACCESS_TOKEN, CONSUMER_KEY_ID, TENANT_ID, USER_DOMAIN, TIME_CREATED, " +
    "REFRESH_TOKEN_TIME_CREATED) VALUES ('1', 'at', 1, -1234, 'PRIMARY', '2021-03-04 05:06:07', '2021-03-04 05:06:07')",
  "INSERT INTO IDN_OAUTH2_AUTHORIZATION_CODE (CODE_ID, AUTHORIZATION_CODE, CONSUMER_KEY_ID, TENANT_ID, USER_DOMAIN, TIME_CREATED) " +
    "VALUES ('1', 'ac', 1, -1234, 'PRIMARY', '2021-03-04 05:06:07')",
];

/** A row of a table whose every key and reference is `n`. */
function insert(table: OtherTable, n: number): string {
  const value = (type: string): string => {
    if (type === "ts") return "'2021-03-04 05:06:07'";
    if (type === "date") return "'2021-03-04'";
    if (type === "bool") return "TRUE";
    if (type === "blob") return "'bytes'";
    if (["int", "big", "small"].includes(type)) return String(n);
    return `'${n}'`;
  };
  const columns = table.columns.map(({ name }) => name);
  return `INSERT INTO ${table.name} (${columns.join(", ")}) VALUES (${table.columns.map(({ type }) => value(type)).join(", ")})`;
}

const parentsOf = (table: OtherTable): readonly string[] => table.foreignKeys.map(({ refTable }) => refTable);

describeDialects("Every table of WSO2's databases", (dialect) => {
  if (dialect.name === "mssql" || dialect.name === "oracle") return;
  const { name } = dialect;
  const tablesOf = (version: IsVersion) => otherTables(version);
  const scripts = (version: IsVersion) => {
    const there = new Set<string>([
      "IDP",
      "IDN_OAUTH_CONSUMER_APPS",
      "IDN_OAUTH2_ACCESS_TOKEN",
      "IDN_OAUTH2_AUTHORIZATION_CODE",
    ]);
    const made = tablesOf(version).flatMap((table) => {
      there.add(table.name);
      return createOtherTable(name, table, there);
    });
    // As WSO2 advises; keys of utf8mb4 would be too long there.
    const charset = name === "mysql" ? ["ALTER DATABASE CHARACTER SET latin1"] : [];
    return [...charset, ...createTables(name, version), ...made];
  };

  // Each release takes half a minute a database: those between the ends, and the older end on MySQL beside MariaDB, are played at night.
  const VERSIONS = testEnv.long()
    ? (["5.3.0", "5.7.0", "5.9.0", "5.10.0"] as const)
    : name === "mysql"
      ? (["5.10.0"] as const)
      : (["5.3.0", "5.10.0"] as const);
  test.each(VERSIONS)(
    "of %s is carried, or refused by the plan with the reason, as its verdict says",
    { timeout: 600_000 },
    async (version) => {
      const blue = tablesOf(version);
      const green = tablesOf("5.11.0");
      const isKeyless = (table: OtherTable | undefined): boolean =>
        table !== undefined &&
        table.key.length === 0 &&
        !table.unique.some((columns) =>
          columns.every((column) => table.columns.some((one) => one.name === column && !one.nullable)),
        );
      const shared = blue.filter((table) => green.some((other) => other.name === table.name));
      const refused = blue.filter((table) => tableVerdict(table.name, version, "5.11.0").kind === "refused");
      const keyless = shared.filter(
        (table) => !refused.includes(table) && isKeyless(green.find((other) => other.name === table.name)),
      );
      const carried = shared.filter((table) => !refused.includes(table) && !keyless.includes(table));
      const chosen: string[] = [];
      const pair = await openBlueGreen({
        source: dialect,
        sourceVersion: version,
        sourceSchema: scripts(version),
        targetSchema: scripts("5.11.0"),
        tables: chosen,
        connections: CHUNK + 5,
      });
      try {
        // The plan names every refused table, all at once, with the reason.
        const impossible = await buildPlan(
          {
            schema: "identity",
            sourceVersion: version,
            targetVersion: "5.11.0",
            tables: [...refused, ...keyless].map((table) => table.name),
          },
          pair.source,
          pair.target,
        ).catch((error: unknown) => error);
        if (!(impossible instanceof SyncError)) throw new Error("refused tables were planned");
        const lines = impossible.message.split("\n").slice(1);
        const reasonOf = (table: OtherTable): string => {
          const verdict = tableVerdict(table.name, version, "5.11.0");
          return verdict.kind === "refused"
            ? `  - ${table.name}: cannot be synced from ${version} to 5.11.0: ${verdict.reason}`
            : `  - ${table.name}: the target's table has no primary key, nor a unique key of columns that are never null`;
        };
        expect(lines.sort()).toEqual([...refused, ...keyless].map(reasonOf).sort());

        // What the dump brings: parents, and rows of refused tables that carried ones refer to.
        await pair.source.test.exec(parents(version === "5.10.0"));
        await pair.target.test.exec(parents(true));
        const referred = new Set(carried.flatMap(parentsOf));
        for (const table of [...refused].reverse())
          if (referred.has(table.name)) for (const one of parentsOf(table)) referred.add(one);
        for (const table of refused.filter(({ name: one }) => referred.has(one))) {
          const there = green.find((other) => other.name === table.name);
          if (there === undefined) throw new Error(`${table.name} has no place on green`);
          await pair.source.test.exec([insert(table, 1)]);
          await pair.target.test.exec([insert(there, 1)]);
        }
        // A few at a time: each group of tables holds a connection.
        for (let first = 0; first < carried.length; first += CHUNK) {
          const chunk = carried.slice(first, first + CHUNK);
          chosen.splice(0, chosen.length, ...chunk.map((table) => table.name));
          await pair.prepare();
          for (const table of chunk) await pair.source.test.exec([insert(table, 1)]);
          await pair.run();
          const plan = await pair.plan();
          const differences: unknown[] = [];
          await verify({
            plan,
            source: pair.source,
            target: pair.target,
            rowsFor: rowSources(plan, pair),
            patienceMs: 300,
            signal: new AbortController().signal,
            onDifference: ({ table, kind, columns, reason }) =>
              differences.push({ table, kind, columns, reason }),
          });
          expect(differences).toEqual([]);
          expect(planTables(plan)).toHaveLength(chunk.length);
          for (const table of chunk)
            expect([table.name, (await pair.rows("target", table.name)).length]).toEqual([table.name, 1]);
        }
      } finally {
        await pair.close();
      }
    },
  );
});
