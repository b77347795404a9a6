import { afterEach, expect, test } from "vitest";
import type { ConnectionSettings } from "../../src/config/sync-config.ts";
import type { IsVersion } from "../../src/config/versions.ts";
import { cheapChecks, runChecks } from "../../src/doctor/doctor.ts";
import { openDoctor } from "../../src/doctor/doctor-context.ts";
import { tableChecks } from "../../src/doctor/table-checks.ts";
import { totpCheck } from "../../src/doctor/totp-check.ts";
import { rowSources } from "../../src/run/row-sources.ts";
import { verify } from "../../src/verify/verify.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import { hasTwins } from "../support/wso2-migration-data.ts";
import { createTables } from "../support/wso2-tables.ts";

const TOKENS = "IDN_OAUTH2_ACCESS_TOKEN";
const SCOPES = "IDN_OAUTH2_ACCESS_TOKEN_SCOPE";
const CODES = "IDN_OAUTH2_AUTHORIZATION_CODE";
const APPS = "IDN_OAUTH_CONSUMER_APPS";
const USER_DATA = "IDN_IDENTITY_USER_DATA";

const idps = (version: IsVersion) =>
  version === "5.10.0" || version === "5.11.0"
    ? "INSERT INTO IDP (ID, TENANT_ID, NAME, UUID) VALUES (1, -1234, 'LOCAL', 'u1')"
    : "INSERT INTO IDP (ID, TENANT_ID, NAME) VALUES (1, -1234, 'LOCAL')";
const app = (id: number, key: string, tenant = -1234) =>
  `INSERT INTO ${APPS} (ID, CONSUMER_KEY, TENANT_ID, APP_NAME) VALUES (${id}, '${key}', ${tenant}, '${key}')`;
const token = (
  id: string,
  appId: number,
  { table = TOKENS, user = id, scopeHash = id, more = "", values = "" } = {},
) =>
  `INSERT INTO ${table} (TOKEN_ID, ACCESS_TOKEN, CONSUMER_KEY_ID, AUTHZ_USER, TENANT_ID, USER_DOMAIN, USER_TYPE, TOKEN_SCOPE_HASH, TOKEN_STATE, TIME_CREATED, REFRESH_TOKEN_TIME_CREATED${more}) ` +
  `VALUES ('${id}', 'at-${id}', ${appId}, '${user}', -1234, 'PRIMARY', 'APPLICATION_USER', '${scopeHash}', 'ACTIVE', '2021-03-04 05:06:07', '2021-03-04 05:06:07'${values})`;
const scope = (id: string, table = SCOPES) =>
  `INSERT INTO ${table} (TOKEN_ID, TOKEN_SCOPE) VALUES ('${id}', 'openid')`;

describeDialects("WSO2's own rules", (dialect) => {
  let pair: BlueGreen;
  afterEach(() => pair.close());

  async function open(
    version: IsVersion,
    tables: readonly string[],
    more: { blue?: readonly string[]; green?: readonly string[] } = {},
  ) {
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: version,
      sourceSchema: [...createTables(dialect.name, version), idps(version), ...(more.blue ?? [])],
      targetSchema: [
        ...createTables(dialect.name, "5.11.0"),
        idps("5.11.0"),
        ...(more.green ?? more.blue ?? []),
      ],
      tables,
    });
  }

  async function differences(): Promise<readonly unknown[]> {
    const plan = await pair.plan();
    const found: unknown[] = [];
    await verify({
      plan,
      source: pair.source,
      target: pair.target,
      rowsFor: rowSources(plan, pair),
      patienceMs: 300,
      signal: new AbortController().signal,
      onDifference: ({ table, kind, columns }) => found.push([table, kind, ...columns]),
    });
    return found;
  }
  const column = async (table: string, name: string) =>
    (await pair.rows("target", table)).map((row) => row[name]).sort();

  test("tokens of the portals that 5.11.0 removes are left out, with their scopes: no dead letter, nothing missing", async () => {
    await open("5.10.0", [TOKENS, SCOPES, CODES, APPS], {
      blue: [app(5, "app"), app(6, "USER_PORTAL"), app(9, "USER_PORTAL_wso2.com", 1)],
      green: [app(5, "app"), app(6, "MY_ACCOUNT")],
    });
    await pair.prepare();
    await pair.source.test.exec([
      ...[token("a", 5), scope("a"), token("p", 6), scope("p"), token("x", 9), scope("x")],
      `INSERT INTO ${CODES} (CODE_ID, AUTHORIZATION_CODE, CONSUMER_KEY_ID, TENANT_ID, USER_DOMAIN, TIME_CREATED) VALUES ('c', 'c', 9, 1, 'PRIMARY', '2021-03-04 05:06:07')`,
      // The portals' own rows change too.
      `UPDATE ${APPS} SET GRANT_TYPES = 'password' WHERE ID IN (6, 9)`,
      `UPDATE ${TOKENS} SET TOKEN_STATE = 'REVOKED' WHERE TOKEN_ID = 'x'`,
    ]);
    await pair.run();
    expect(await column(TOKENS, "TOKEN_ID")).toEqual(["a", "p"]);
    expect(await column(SCOPES, "TOKEN_ID")).toEqual(["a", "p"]);
    expect(await column(CODES, "CODE_ID")).toEqual([]);
    expect(await column(APPS, "CONSUMER_KEY")).toEqual(["MY_ACCOUNT", "app"]);
    expect(await column(APPS, "APP_NAME")).toEqual(["My Account", "app"]);
    expect(
      (await differences()).filter(
        (one) => JSON.stringify(one) !== JSON.stringify([APPS, "different", "APP_NAME"]),
      ),
    ).toEqual([]);
  });

  test("a refresh hash of nothing, as WSO2's client leaves it, is no difference", async () => {
    await open("5.6.0", [TOKENS], { blue: [app(5, "app")] });
    await pair.source.test.exec(token("a", 5));
    await pair.target.test.exec(
      token("a", 5, {
        more: ", IDP_ID, ACCESS_TOKEN_HASH, REFRESH_TOKEN_HASH",
        // printf %s at-a | sha256sum
        values: `, 1, '{"hash":"34e3bccf912fceca69cdbdf9fcf18f79b1e07f685cabe2e1daba6eb736d9ba2c","algorithm":"SHA-256"}', '{"algorithm":"SHA-256"}'`,
      }),
    );
    expect(await differences()).toEqual([]);
  });

  test("partitions of the tokens take their transformation", async () => {
    const asPart = (statements: readonly string[]) =>
      statements
        .filter((text) => text.startsWith("CREATE TABLE IDN_OAUTH2_ACCESS_TOKEN"))
        .map((text) =>
          text
            .replaceAll(/IDN_OAUTH2_ACCESS_TOKEN(_SCOPE)?\b/g, "$&_A")
            .replace("CONSTRAINT CON_APP_KEY", "CONSTRAINT CON_APP_KEY_A"),
        );
    const lax = dialect.name === "mysql" || dialect.name === "mariadb" ? ["SET SESSION sql_mode = ''"] : [];
    const [tokens, scopes] = [`${TOKENS}_A`, `${SCOPES}_A`];
    await open("5.4.0", [tokens, scopes], {
      blue: [app(5, "app"), ...lax, ...asPart(createTables(dialect.name, "5.4.0"))],
      green: [app(5, "app"), ...lax, ...asPart(createTables(dialect.name, "5.11.0"))],
    });
    await pair.prepare();
    await pair.source.test.exec([token("a", 5, { table: tokens }), scope("a", scopes)]);
    await pair.run();
    expect(await pair.rows("target", tokens)).toMatchObject([
      {
        TOKEN_ID: "a",
        IDP_ID: "1",
        TOKEN_BINDING_REF: "NONE",
        ACCESS_TOKEN_HASH: expect.stringMatching(/^\{"hash":"[0-9a-f]{64}","algorithm":"SHA-256"\}$/),
      },
    ]);
    expect(await pair.rows("target", scopes)).toMatchObject([{ TOKEN_ID: "a", TOKEN_SCOPE: "openid" }]);
    expect(await differences()).toEqual([]);
  });

  test("a unique key of columns that are never null stands for a primary key", async () => {
    const table =
      "CREATE TABLE ACME (A VARCHAR(20) NOT NULL, B INTEGER NOT NULL, C VARCHAR(20), UNIQUE (A, B))";
    await open("5.9.0", ["ACME"], { blue: [table] });
    await pair.prepare();
    const insert = (a: string, b: number) => `INSERT INTO ACME (A, B, C) VALUES ('${a}', ${b}, 'x')`;
    await pair.source.test.exec([insert("one", 1), insert("one", 2), insert("two", 1), insert("six", 6)]);
    await pair.run();
    await pair.source.test.exec([
      "UPDATE ACME SET C = 'y' WHERE A = 'one' AND B = 1",
      "UPDATE ACME SET A = 'new' WHERE A = 'two'",
      "DELETE FROM ACME WHERE A = 'six'",
    ]);
    await pair.run();
    expect(await pair.rows("target", "ACME")).toEqual(await pair.rows("source", "ACME"));
    expect(await differences()).toEqual([]);
  });

  test("a target's column that no row could fill is refused by the plan, not found in the middle of a run", async () => {
    const table = (more: string) => `CREATE TABLE ACME (A INTEGER NOT NULL, ${more}PRIMARY KEY (A))`;
    await open("5.9.0", ["ACME"], { blue: [table("")], green: [table("B INTEGER NOT NULL, ")] });
    await expect(pair.plan()).rejects.toMatchObject({
      code: "PLAN_IMPOSSIBLE",
      message: expect.stringContaining(
        "ACME.B: only the target has it, it must not be null and has no default: no row could be written",
      ),
    });
  });

  if (hasTwins(dialect.name)) {
    test("rows that arrive with a scope hash made up are told, as a number", async () => {
      await open("5.7.0", [TOKENS], { blue: [app(5, "app")] });
      await pair.prepare();
      await pair.source.test.exec(["a", "b", "c"].map((id) => token(id, 5, { user: "ann", scopeHash: "h" })));
      const told: unknown[] = [];
      await pair.run({ events: { madeUpHashes: (table, rows) => told.push([table, rows]) } });
      expect(await column(TOKENS, "TOKEN_ID")).toEqual(["a", "b", "c"]);
      expect(told).toEqual([[TOKENS, 2]]);
    });
  }

  const examine = async (version: IsVersion, tables: readonly string[], id: string) => {
    const context = openDoctor({
      schema: "identity",
      sourceVersion: version,
      targetVersion: "5.11.0",
      tables,
      parallelism: 1,
      source: pair.source.test.settings as ConnectionSettings,
      target: pair.target.test.settings as ConnectionSettings,
    });
    try {
      const results = await runChecks(context, [...tableChecks, totpCheck]);
      return results.find((result) => result.id === id);
    } finally {
      await context.close();
    }
  };

  test("doctor counts secrets that the migration left as green cannot read them, and says what mends them", async () => {
    await open("5.4.0", [USER_DATA]);
    expect(cheapChecks).not.toContain(totpCheck);
    expect(await examine("5.4.0", [USER_DATA], "target.totp-secrets")).toMatchObject({ status: "ok" });
    const secret = (user: string, value: string, key = "secretkey") =>
      `INSERT INTO ${USER_DATA} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) VALUES (-1234, '${user}', 'http://wso2.org/claims/identity/${key}', '${value}')`;
    const bare = `${"A".repeat(342)}==`;
    await pair.target.test.exec([
      secret("ann", bare),
      secret("bob", bare, "verifySecretkey"),
      secret("eve", bare, "other"),
      secret("joe", ""),
    ]);
    expect(await examine("5.4.0", [USER_DATA], "target.totp-secrets")).toMatchObject({
      status: "warn",
      found: "2 secrets in 4 rows are encrypted as the source's server does it",
      mend: [{ on: "elsewhere", text: expect.stringContaining("sync-tool verify --repair") }],
    });
  });

  test("doctor gives the keys that the migration from 5.0.0 leaves out", async () => {
    // What WSO2's client makes of 5.0.0: the columns of 5.11.0 and no key on the ids.
    const keyless = (statements: readonly string[]) =>
      statements.map((text) =>
        text.replace(/PRIMARY KEY \((TOKEN_ID|CODE_ID)\)/, "UNIQUE (SUBJECT_IDENTIFIER)"),
      );
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.0.0",
      sourceSchema: createTables(dialect.name, "5.0.0"),
      targetSchema: keyless(createTables(dialect.name, "5.11.0", [APPS, TOKENS, CODES])),
      tables: [TOKENS, CODES],
    });
    const { mend } = (await examine("5.0.0", [TOKENS, CODES], "tables.keys")) ?? {};
    const texts = mend?.map(({ on, text }) => `${on}: ${text.replaceAll(/["`[\]]/g, "").toUpperCase()}`);
    expect(texts).toEqual([
      `target: ALTER TABLE ${TOKENS} ADD PRIMARY KEY (TOKEN_ID)`,
      `target: ALTER TABLE ${CODES} ADD PRIMARY KEY (CODE_ID)`,
    ]);
  });
});
