import { afterAll, expect, test } from "vitest";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { copied } from "../support/copied.ts";
import { describeDialects } from "../support/dialects.ts";
import { CODES, insert, login, PARENTS, SCOPES, TENANTS, TOKENS } from "../support/tokens-5.0.0.ts";
import { verified } from "../support/verified.ts";
import { createTables } from "../support/wso2-tables.ts";

/** Three pages of ten and a rest. */
const LOGINS = 35;

const code = (n: number): string =>
  insert(CODES, {
    AUTHORIZATION_CODE: `ac-${n}`,
    CONSUMER_KEY: "app-1",
    CALLBACK_URL: "https://app/cb",
    SCOPE: "openid",
    AUTHZ_USER: `u${n}@carbon.super`,
    TIME_CREATED: "2015-03-04 05:06:07",
    VALIDITY_PERIOD: "300000",
  });

describeDialects("A copy of a 5.0.0 source", (dialect) => {
  let pair: BlueGreen;
  afterAll(() => pair.close());

  test("gives tokens, their scopes and codes the ids that a run gives them, and keeps no token in its place", async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.0.0",
      sourceSchema: [
        ...createTables(dialect.name, "5.0.0"),
        "INSERT INTO IDN_OAUTH_CONSUMER_APPS (CONSUMER_KEY, TENANT_ID) VALUES ('app-1', -1234), ('app-2', 1)",
      ],
      targetSchema: [...createTables(dialect.name, "5.11.0"), ...TENANTS, ...PARENTS],
      tables: [TOKENS, SCOPES, CODES],
    });
    const logins = (from: number): string[] =>
      Array.from({ length: LOGINS }, (_, i) =>
        login(`at-${from + i}`, {
          REFRESH_TOKEN: `rt-${from + i}`,
          AUTHZ_USER: `u${from + i}@carbon.super`,
          ...(i % 5 === 0 ? { TOKEN_SCOPE: null } : {}),
        }),
      );
    // No journal tells of these.
    await pair.source.test.exec([...logins(0), code(1)]);
    await pair.prepare();
    await pair.source.test.exec([...logins(LOGINS), code(2)]);
    await pair.run();
    const everything = async () =>
      Promise.all([TOKENS, SCOPES, CODES].map((table) => pair.rows("target", table)));
    const [byRun = [], scopesByRun = []] = await everything();
    expect(byRun).toHaveLength(LOGINS);

    const { tables, refused } = await copied(pair, { pageSize: 10, parallelism: 2 });
    expect(refused).toEqual([]);
    expect(tables[TOKENS]).toMatchObject({ rows: 2 * LOGINS, written: LOGINS, isDone: true });
    expect(tables[CODES]).toMatchObject({ rows: 2, written: 1, isDone: true });
    expect((await verified(pair)).differences).toEqual([]);
    const whole = await everything();
    expect(whole[0]).toEqual(expect.arrayContaining(byRun));
    expect(whole[1]).toEqual(expect.arrayContaining(scopesByRun));

    await pair.target.test.exec([SCOPES, TOKENS, CODES].map((table) => `DELETE FROM ${table}`));
    expect((await copied(pair, { pageSize: 10 })).tables[TOKENS]?.written).toBe(2 * LOGINS);
    expect(await everything()).toEqual(whole);
    const kept = await pair.target.test.query("SELECT VALUE FROM SYNC_STATE");
    expect(JSON.stringify(kept)).toContain("isDone");
    expect(JSON.stringify(kept)).not.toMatch(/[ar][tc]-\d/);
  });
});
