import { afterEach, expect, test } from "vitest";
import { rowSources } from "../../src/run/row-sources.ts";
import { verify } from "../../src/verify/verify.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects, type TestDialect } from "../support/dialects.ts";
import { moveCounter, numberRows } from "../support/numbered-rows.ts";
import { createTables } from "../support/wso2-tables.ts";

const USERS = "UM_USER";
const ATTRIBUTES = "UM_USER_ATTRIBUTE";

const NUMBERED: Readonly<Record<string, string>> = {
  postgres: "DEFAULT NEXTVAL('UM_USER_ATTRIBUTE_PK_SEQ')",
  mssql: "IDENTITY",
  oracle: "",
};

/** As WSO2's scripts make it on both sides, no release having changed it. */
const attributes = (dialect: TestDialect): string[] => [
  ...(dialect.name === "postgres" ? ["CREATE SEQUENCE UM_USER_ATTRIBUTE_PK_SEQ"] : []),
  `CREATE TABLE UM_USER_ATTRIBUTE (UM_ID INTEGER NOT NULL ${
    NUMBERED[dialect.name as string] ?? "AUTO_INCREMENT"
  }, UM_ATTR_NAME VARCHAR(255) NOT NULL, UM_ATTR_VALUE VARCHAR(1024), UM_PROFILE_ID VARCHAR(255), UM_USER_ID INTEGER, UM_TENANT_ID INTEGER DEFAULT 0, FOREIGN KEY (UM_USER_ID, UM_TENANT_ID) REFERENCES UM_USER (UM_ID, UM_TENANT_ID), PRIMARY KEY (UM_ID, UM_TENANT_ID))`,
  ...numberRows(dialect.name, ATTRIBUTES, "UM_ID"),
];

const user = (name: string, tenant = -1234, id = ""): string =>
  `INSERT INTO UM_USER (UM_USER_NAME, UM_USER_PASSWORD, UM_CHANGED_TIME, UM_TENANT_ID${id && ", UM_USER_ID"}) VALUES ('${name}', 'p', '2020-01-01 00:00:00', ${tenant}${id && `, '${id}'`})`;
const attribute = (owner: number, name: string, value: string, tenant = -1234): string =>
  `INSERT INTO UM_USER_ATTRIBUTE (UM_ATTR_NAME, UM_ATTR_VALUE, UM_PROFILE_ID, UM_USER_ID, UM_TENANT_ID) VALUES ('${name}', '${value}', 'default', ${owner}, ${tenant})`;
const touch = (name: string): string =>
  `UPDATE UM_USER SET UM_SALT_VALUE = 's' WHERE UM_USER_NAME = '${name}'`;

describeDialects("The user-id claim of users of a 5.7.0 source", (dialect) => {
  let pair: BlueGreen;
  afterEach(() => pair.close());

  async function open(tables: readonly string[], dumped: readonly string[] = [], migrated = dumped) {
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.7.0",
      sourceSchema: [
        ...createTables(dialect.name, "5.7.0", [USERS]),
        ...numberRows(dialect.name, USERS, "UM_ID"),
        ...[...attributes(dialect), ...dumped],
      ],
      targetSchema: [
        ...createTables(dialect.name, "5.11.0", [USERS]),
        ...numberRows(dialect.name, USERS, "UM_ID"),
        ...[...attributes(dialect), ...migrated],
        ...moveCounter(dialect.name, ATTRIBUTES, 1_000),
      ],
      tables,
    });
    await pair.prepare();
  }
  /** `<user> <attribute>=<value>` of every attribute on green. */
  const claims = async (): Promise<readonly string[]> =>
    (await pair.rows("target", ATTRIBUTES))
      .map(
        (row) => `${row["UM_USER_ID"]}/${row["UM_TENANT_ID"]} ${row["UM_ATTR_NAME"]}=${row["UM_ATTR_VALUE"]}`,
      )
      .sort();
  async function differences(ownClaims?: number): Promise<readonly (readonly unknown[])[]> {
    const plan = await pair.plan();
    const found: (readonly unknown[])[] = [];
    const { tables } = await verify({
      plan,
      source: pair.source,
      target: pair.target,
      rowsFor: rowSources(plan, pair),
      patienceMs: 300,
      signal: new AbortController().signal,
      onDifference: ({ kind, key }) => found.push([kind, key]),
    });
    for (const { unexplained } of tables) expect(unexplained).toBe(0);
    if (ownClaims !== undefined)
      expect(tables.find(({ table }) => table === ATTRIBUTES)?.ownClaims).toBe(ownClaims);
    return found;
  }
  const idOf = async (name: string): Promise<string> => {
    const rows = await pair.rows("target", USERS);
    return String(rows.find((row) => row["UM_USER_NAME"] === name)?.["UM_USER_ID"]);
  };

  test("is made for those that have none, once, and never beside one that blue has", async () => {
    await open([USERS, ATTRIBUTES]);
    const changes = [
      user("ann"),
      attribute(1, "mail", "ann@a"),
      user("bob"),
      attribute(2, "scimId", "0b8c3a52-9f0e-4b0e-8f57-2f1f6a3b9c11"),
      user("eve", 7),
    ];
    await pair.source.test.exec(changes);
    await pair.run({ batchSize: 2 });
    const expected = [
      "1/-1234 mail=ann@a",
      `1/-1234 scimId=${await idOf("ann")}`,
      "2/-1234 scimId=0b8c3a52-9f0e-4b0e-8f57-2f1f6a3b9c11",
      `3/7 scimId=${await idOf("eve")}`,
    ];
    expect(await claims()).toEqual(expected);
    const made = await pair.rows("target", ATTRIBUTES);
    expect(made.find((row) => row["UM_USER_ID"] === "1" && row["UM_ATTR_NAME"] === "scimId")).toMatchObject({
      UM_PROFILE_ID: "default",
    });

    await pair.source.test.exec([touch("ann"), touch("bob"), touch("eve")]);
    await pair.run();
    expect(await pair.rows("target", ATTRIBUTES)).toEqual(made);

    // Its number is none that either side hands out: a later attribute of blue or green has one of its own.
    await pair.source.test.exec([attribute(1, "phone", "1"), attribute(1, "fax", "2")]);
    await pair.run();
    await pair.target.test.exec([attribute(2, "green", "own")]);
    // Of what blue does not have, green's own attribute alone is one too many.
    const green = (await pair.rows("target", ATTRIBUTES)).find((row) => row["UM_ATTR_NAME"] === "green");
    expect(await differences(2)).toEqual([["extra", { UM_ID: green?.["UM_ID"], UM_TENANT_ID: "-1234" }]]);
    expect(await claims()).toEqual(
      [...expected, "1/-1234 phone=1", "1/-1234 fax=2", "2/-1234 green=own"].sort(),
    );
  });

  test("is kept as the migration wrote it for a user of the dump, until blue has one itself", async () => {
    const dumped = [user("ann"), attribute(1, "mail", "ann@a")];
    await open([USERS, ATTRIBUTES], dumped, [
      user("ann", -1234, "random-of-ann"),
      attribute(1, "mail", "ann@a"),
      attribute(1, "scimId", "random-of-ann"),
    ]);
    const before = await pair.rows("target", ATTRIBUTES);
    await pair.source.test.exec([touch("ann")]);
    await pair.run();
    expect(await pair.rows("target", ATTRIBUTES)).toEqual(before);
    await pair.source.test.exec([
      // A number that SQL Server would give itself is taken only after this.
      ...(dialect.name === "mssql" ? ["SET IDENTITY_INSERT UM_USER_ATTRIBUTE ON"] : []),
      "INSERT INTO UM_USER_ATTRIBUTE (UM_ID, UM_ATTR_NAME, UM_ATTR_VALUE, UM_PROFILE_ID, UM_USER_ID, UM_TENANT_ID) VALUES (50, 'scimId', 'given by blue', 'default', 1, -1234)",
    ]);
    await pair.run();
    expect(await claims()).toEqual(["1/-1234 mail=ann@a", "1/-1234 scimId=given by blue"]);
  });

  test("is made when attributes are not synced, and goes with its user", async () => {
    await open([USERS]);
    await pair.source.test.exec([user("ann"), user("bob"), attribute(2, "scimId", "of bob")]);
    await pair.run();
    expect(await claims()).toEqual([`1/-1234 scimId=${await idOf("ann")}`, "2/-1234 scimId=of bob"]);
    await pair.source.test.exec(["DELETE FROM UM_USER_ATTRIBUTE", "DELETE FROM UM_USER"]);
    await pair.run();
    expect(await pair.rows("target", USERS)).toEqual([]);
    expect(await claims()).toEqual([]);
  });

  test("does not keep a user from being deleted, nor do attributes whose own deletion comes later", async () => {
    const dumped = [user("ann"), attribute(1, "mail", "ann@a")];
    await open([USERS, ATTRIBUTES], dumped, [
      user("ann", -1234, "random-of-ann"),
      attribute(1, "mail", "ann@a"),
      attribute(1, "scimId", "random-of-ann"),
    ]);
    await pair.source.test.exec([user("bob"), attribute(2, "mail", "bob@a"), user("eve")]);
    await pair.run();
    await pair.source.test.exec([
      "DELETE FROM UM_USER_ATTRIBUTE",
      "DELETE FROM UM_USER WHERE UM_USER_NAME <> 'eve'",
    ]);
    const refused: string[] = [];
    await pair.run({ events: { deadLetter: (table) => void refused.push(table) } });
    expect(refused).toEqual([]);
    expect((await pair.rows("target", USERS)).map((row) => row["UM_USER_NAME"])).toEqual(["eve"]);
    expect(await claims()).toEqual([`3/-1234 scimId=${await idOf("eve")}`]);
  });
});
