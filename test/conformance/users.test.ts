import { afterEach, expect, test } from "vitest";
import type { Row } from "../../src/row.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { databaseObjects } from "../support/database-objects.ts";
import { describeDialects } from "../support/dialects.ts";
import { moveCounter, numberRows } from "../support/numbered-rows.ts";
import { createTables } from "../support/wso2-tables.ts";

const USERS = "UM_USER";
const PROPERTIES = "REG_PROPERTY";

const ATTRIBUTES = [
  "CREATE TABLE UM_USER_ATTRIBUTE (UM_ID INTEGER NOT NULL, UM_ATTR_NAME VARCHAR(255) NOT NULL, UM_ATTR_VALUE VARCHAR(1024), UM_PROFILE_ID VARCHAR(255), UM_USER_ID INTEGER, UM_TENANT_ID INTEGER, PRIMARY KEY (UM_ID))",
];
/** A table of the registry that no release changed. */
const REGISTRY =
  "CREATE TABLE REG_PROPERTY (REG_ID INTEGER NOT NULL, REG_NAME VARCHAR(100) NOT NULL, REG_VALUE VARCHAR(1000), REG_TENANT_ID INTEGER DEFAULT 0, PRIMARY KEY (REG_ID, REG_TENANT_ID))";
const user = (name: string, tenant = -1234, id = ""): string =>
  `INSERT INTO UM_USER (UM_USER_NAME, UM_USER_PASSWORD, UM_CHANGED_TIME, UM_TENANT_ID${id && ", UM_USER_ID"}) VALUES ('${name}', 'p', '2020-01-01 00:00:00', ${tenant}${id && `, '${id}'`})`;

describeDialects("Users and other tables of a 5.7.0 source", (dialect) => {
  let pair: BlueGreen | undefined;
  afterEach(async () => {
    await pair?.close();
    pair = undefined;
  });

  test("keep or get their UM_USER_ID, and green goes on numbering after them", async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.7.0",
      sourceSchema: [
        ...createTables(dialect.name, "5.7.0", [USERS]),
        ...numberRows(dialect.name, USERS, "UM_ID", { sparing: false }),
        ...[...ATTRIBUTES, REGISTRY, user("ann")],
      ],
      targetSchema: [
        ...createTables(dialect.name, "5.11.0", [USERS]),
        ...numberRows(dialect.name, USERS, "UM_ID"),
        ...[REGISTRY, user("ann", -1234, "random-of-ann")],
        ...moveCounter(dialect.name, USERS, 4),
      ],
      tables: [USERS, PROPERTIES],
    });
    await pair.prepare();
    await pair.source.test.exec([
      "UPDATE UM_USER SET UM_USER_PASSWORD = 'changed' WHERE UM_USER_NAME = 'ann'",
      user("bob"),
      "INSERT INTO UM_USER_ATTRIBUTE VALUES (1, 'scimId', '0b8c3a52-9f0e-4b0e-8f57-2f1f6a3b9c11', 'default', 2, -1234), (2, 'mail', 'x', 'default', 2, -1234), (3, 'scimId', 'of another tenant', 'default', 3, 7)",
      user("eve"),
      "INSERT INTO REG_PROPERTY VALUES (1, 'n', 'v', -1234), (1, 'n', NULL, 7)",
      "UPDATE REG_PROPERTY SET REG_VALUE = 'w' WHERE REG_TENANT_ID = -1234",
    ]);
    await pair.run({ batchSize: 2 });

    const users = async (): Promise<Record<string, Row>> =>
      Object.fromEntries(
        ((await pair?.rows("target", USERS)) ?? []).map((row) => [String(row["UM_USER_NAME"]), row]),
      );
    const found = await users();
    expect(found["ann"]).toMatchObject({ UM_USER_ID: "random-of-ann", UM_USER_PASSWORD: "changed" });
    expect(found["bob"]).toMatchObject({ UM_ID: "2", UM_USER_ID: "0b8c3a52-9f0e-4b0e-8f57-2f1f6a3b9c11" });
    const id = found["eve"]?.["UM_USER_ID"];
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(await pair.rows("target", PROPERTIES)).toEqual([
      { REG_ID: "1", REG_NAME: "n", REG_VALUE: "w", REG_TENANT_ID: "-1234" },
      { REG_ID: "1", REG_NAME: "n", REG_VALUE: null, REG_TENANT_ID: "7" },
    ]);

    // Green's own users come after those of blue, and blue's next run gives eve the same id.
    await pair.target.test.exec([user("green", -1234, "own")]);
    expect((await users())["green"]?.["UM_ID"]).toBe("4");
    await pair.target.test.exec(["DELETE FROM UM_USER WHERE UM_USER_NAME = 'eve'"]);
    await pair.source.test.exec(["UPDATE UM_USER SET UM_SALT_VALUE = 's' WHERE UM_USER_NAME = 'eve'"]);
    await pair.run();
    expect((await users())["eve"]?.["UM_USER_ID"]).toBe(id);
    await pair.target.test.exec([user("green2", -1234, "own2")]);
    expect((await users())["green2"]?.["UM_ID"]).toBe("5");
  });

  test.runIf(dialect.name === "oracle")(
    "are refused on a target whose trigger gives every row a number of its own, and nothing is written",
    async () => {
      const tables = (version: "5.7.0" | "5.11.0") => [
        ...createTables(dialect.name, version, [USERS]),
        ...numberRows(dialect.name, USERS, "UM_ID", { sparing: false }),
      ];
      pair = await openBlueGreen({
        source: dialect,
        sourceVersion: "5.7.0",
        sourceSchema: tables("5.7.0"),
        targetSchema: tables("5.11.0"),
        tables: [USERS],
      });
      const before = await databaseObjects(pair.source.test);
      await expect(pair.prepare()).rejects.toMatchObject({
        code: "PLAN_IMPOSSIBLE",
        message: expect.stringMatching(/UM_USER_TRIGGER.*WHEN \(NEW\.UM_ID IS NULL\)/),
      });
      expect(await databaseObjects(pair.source.test)).toEqual(before);
      await pair.target.test.exec(["ALTER TRIGGER UM_USER_TRIGGER DISABLE"]);
      await pair.prepare();
    },
  );
});
