import { afterAll, beforeAll, expect, test } from "vitest";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import { createTables } from "../support/wso2-tables.ts";

const TABLES = [
  "IDN_OAUTH2_ACCESS_TOKEN",
  "IDN_OAUTH2_ACCESS_TOKEN_SCOPE",
  "IDN_OAUTH2_AUTHORIZATION_CODE",
  "IDN_IDENTITY_USER_DATA",
];

describeDialects("A first sync", (dialect) => {
  let pair: BlueGreen;

  beforeAll(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.11.0",
      sourceSchema: createTables(dialect.name, "5.11.0"),
      targetSchema: createTables(dialect.name, "5.11.0"),
      tables: TABLES,
    });
  });
  afterAll(() => pair.close());

  test("prepare installs capture, and inserts, updates and deletes reach the target", async () => {
    await pair.prepare();
    await pair.prepare();
    for (const side of [pair.source, pair.target]) {
      await side.test.exec(
        "INSERT INTO IDN_OAUTH_CONSUMER_APPS (ID, CONSUMER_KEY, USERNAME, TENANT_ID, OAUTH_VERSION) VALUES (1, 'app', 'admin', -1234, 'OAuth-2.0')",
      );
    }
    const insert = (id: string, state: string) =>
      `INSERT INTO IDN_OAUTH2_ACCESS_TOKEN (TOKEN_ID, ACCESS_TOKEN, CONSUMER_KEY_ID, AUTHZ_USER, TENANT_ID, USER_DOMAIN, USER_TYPE, TIME_CREATED, REFRESH_TOKEN_TIME_CREATED, VALIDITY_PERIOD, REFRESH_TOKEN_VALIDITY_PERIOD, TOKEN_SCOPE_HASH, TOKEN_STATE, TOKEN_STATE_ID, IDP_ID) VALUES ('${id}', 'at-${id}', 1, 'ann', -1234, 'PRIMARY', 'APPLICATION_USER', '2021-03-04 05:06:07', '2021-03-04 05:06:07', 3600, 86400, 'h', '${state}', '${id}', 1)`;
    await pair.source.test.exec([
      insert("a", "ACTIVE"),
      insert("b", "INACTIVE"),
      "INSERT INTO IDN_OAUTH2_ACCESS_TOKEN_SCOPE (TOKEN_ID, TOKEN_SCOPE) VALUES ('a', 'openid')",
    ]);
    await pair.run();
    expect(await pair.rows("target", "IDN_OAUTH2_ACCESS_TOKEN")).toEqual(
      await pair.rows("source", "IDN_OAUTH2_ACCESS_TOKEN"),
    );
    expect(await pair.rows("target", "IDN_OAUTH2_ACCESS_TOKEN")).toHaveLength(2);
    await pair.source.test.exec([
      "UPDATE IDN_OAUTH2_ACCESS_TOKEN SET AUTHZ_USER = 'bob' WHERE TOKEN_ID = 'b'",
      "DELETE FROM IDN_OAUTH_CONSUMER_APPS",
      insert("c", "X").replace(", 1, 'ann'", ", NULL, 'ann'"),
    ]);
    await pair.run({ batchSize: 1 });
    expect(await pair.rows("target", "IDN_OAUTH2_ACCESS_TOKEN")).toEqual(
      await pair.rows("source", "IDN_OAUTH2_ACCESS_TOKEN"),
    );
    expect(await pair.rows("target", "IDN_OAUTH2_ACCESS_TOKEN")).toHaveLength(1);
    expect(await pair.rows("target", "IDN_OAUTH2_ACCESS_TOKEN_SCOPE")).toEqual([]);
  });
});
