import { describe, expect, test } from "vitest";
import { compareVersions, IS_VERSIONS, type IsVersion } from "../../../src/config/versions.ts";
import type { Column, TableSchema } from "../../../src/contract/table-schema.ts";
import { contradictions, fittingVersions } from "../../../src/plan/fitting-versions.ts";
import { otherTables } from "../../support/wso2-other-tables.ts";
import { WSO2_TABLES, type Wso2Script, wso2Shape } from "../../support/wso2-shapes.ts";

const SCRIPTS: readonly Wso2Script[] = ["postgres", "mysql", "mysql-5.7", "mssql", "oracle"];

const column = (name: string): Column => ({ name }) as Column;
const table = (name: string, columns: readonly string[]): TableSchema =>
  ({ name, columns: columns.map(column) }) as unknown as TableSchema;

const made = new Map<string, readonly TableSchema[]>();

/** The tables of a fresh database, in the case that the product gives them. */
function fresh(script: Wso2Script, version: IsVersion): readonly TableSchema[] {
  const known = made.get(`${script} ${version}`) ?? make(script, version);
  made.set(`${script} ${version}`, known);
  return known;
}

function make(wanted: Wso2Script, version: IsVersion): readonly TableSchema[] {
  // The separate script for MySQL 5.7 came with 5.2.0 and ended with 5.8.0.
  const has57 = compareVersions(version, "5.2.0") >= 0 && compareVersions(version, "5.8.0") <= 0;
  const script = wanted === "mysql-5.7" && !has57 ? "mysql" : wanted;
  const shapes = WSO2_TABLES.flatMap((name) => {
    const shape = wso2Shape(script, version, name);
    return shape === undefined
      ? []
      : [
          table(
            name,
            shape.columns.map((one) => one.name),
          ),
        ];
  });
  const others = otherTables(version).map(({ name, columns }) =>
    table(
      name,
      columns.map((one) => one.name),
    ),
  );
  const cased = (name: string) => (script === "postgres" ? name.toLowerCase() : name);
  return [...shapes, ...others].map(({ name, columns }) =>
    table(
      cased(name),
      columns.map((one) => cased(one.name)),
    ),
  );
}

/** A database that was made by an older release and migrated: tables and columns that a release gave up may still be there. */
function upgraded(script: Wso2Script, from: IsVersion, to: IsVersion): readonly TableSchema[] {
  const before = fresh(script, from);
  const after = fresh(script, to);
  const kept = before.filter(({ name }) => !after.some((one) => one.name === name));
  return [...after, ...kept];
}

const only = (tables: readonly TableSchema[], names: readonly string[]): readonly TableSchema[] =>
  tables.filter(({ name }) => names.includes(name.toUpperCase()));

/** What a user sees who has rights on the documented tables alone, on MySQL and MariaDB. */
const SYNCED = [
  "IDN_OAUTH2_ACCESS_TOKEN",
  "IDN_OAUTH2_ACCESS_TOKEN_SCOPE",
  "IDN_OAUTH2_AUTHORIZATION_CODE",
  "IDN_IDENTITY_USER_DATA",
];

/** claimed -> the true versions that are taken for it. */
function taken(see: (tables: readonly TableSchema[]) => readonly TableSchema[], script: Wso2Script) {
  return Object.fromEntries(
    IS_VERSIONS.map((claimed) => [
      claimed,
      IS_VERSIONS.filter((version) =>
        fittingVersions(see(fresh(script, version))).versions.includes(claimed),
      ).join(" "),
    ]),
  );
}

describe.each(SCRIPTS)("the tables of %s", (script) => {
  test("are never contradicted by their true version, fresh or upgraded, whatever of them is seen", () => {
    for (const version of IS_VERSIONS) {
      for (const from of IS_VERSIONS.filter((one) => compareVersions(one, version) <= 0)) {
        const tables = upgraded(script, from, version);
        for (const seen of [tables, only(tables, SYNCED), only(tables, ["UM_USER"]), []])
          expect(fittingVersions(seen).versions, `${from} to ${version}`).toContain(version);
      }
    }
  });

  test("show every other version but those that no table tells apart", () => {
    expect(taken((tables) => tables, script)).toEqual({
      "5.0.0": "5.0.0",
      // PKCE came to 5.1.0 by an update.
      "5.1.0": "5.1.0 5.2.0",
      "5.2.0": "5.2.0",
      "5.3.0": "5.3.0",
      // The hash columns came to 5.4 by an update; 5.4.1 has the tables of 5.4.0.
      "5.4.0": "5.4.0 5.4.1 5.5.0",
      "5.4.1": "5.4.0 5.4.1 5.5.0",
      "5.5.0": "5.5.0",
      // The table of audited tokens may have come earlier.
      "5.6.0": "5.6.0 5.7.0",
      // IDP_ID came to older releases by an update, the assertion to 5.7.0 perhaps.
      "5.7.0": "5.7.0 5.8.0",
      "5.8.0": "5.8.0 5.9.0",
      "5.9.0": "5.9.0",
      // Tables of configuration management may be older than 5.11.0; the user store's tell.
      "5.10.0": "5.10.0",
      "5.11.0": "5.11.0",
    });
  });

  test("show what the synced tables alone can tell", () => {
    expect(taken((tables) => only(tables, SYNCED), script)).toEqual({
      "5.0.0": "5.0.0",
      "5.1.0": "5.1.0 5.2.0 5.3.0 5.4.0 5.4.1",
      "5.2.0": "5.2.0 5.3.0 5.4.0 5.4.1",
      "5.3.0": "5.2.0 5.3.0 5.4.0 5.4.1",
      "5.4.0": "5.2.0 5.3.0 5.4.0 5.4.1 5.5.0 5.6.0 5.7.0 5.8.0 5.9.0",
      "5.4.1": "5.2.0 5.3.0 5.4.0 5.4.1 5.5.0 5.6.0 5.7.0 5.8.0 5.9.0",
      "5.5.0": "5.5.0 5.6.0 5.7.0 5.8.0 5.9.0",
      "5.6.0": "5.5.0 5.6.0 5.7.0 5.8.0 5.9.0",
      "5.7.0": "5.5.0 5.6.0 5.7.0 5.8.0 5.9.0",
      "5.8.0": "5.8.0 5.9.0",
      "5.9.0": "5.8.0 5.9.0",
      "5.10.0": "5.10.0 5.11.0",
      "5.11.0": "5.10.0 5.11.0",
    });
  });
});

describe("a database with columns that updates brought", () => {
  test.each(["5.4.0", "5.5.0", "5.6.0", "5.7.0"] as const)("is still of %s", (version) => {
    const updated = fresh("mysql", version).map(({ name, columns }) =>
      /ACCESS_TOKEN$|AUTHORIZATION_CODE$/.test(name)
        ? table(name, [
            ...columns.map((one) => one.name),
            "IDP_ID",
            "ACCESS_TOKEN_HASH",
            "AUTHORIZATION_CODE_HASH",
          ])
        : table(
            name,
            columns.map((one) => one.name),
          ),
    );
    expect(fittingVersions(updated).versions).toContain(version);
  });
});

test("a table that lacks what every release has tells nothing", () => {
  const tokens = table("IDN_OAUTH2_ACCESS_TOKEN", ["TOKEN_ID", "ACCESS_TOKEN", "TOKEN_STATE"]);
  expect(fittingVersions([tokens]).versions).toEqual(IS_VERSIONS);
});

describe("versions that the tables contradict", () => {
  const blue = fresh("mysql", "5.7.0");
  const green = fresh("mysql", "5.11.0");

  test.each(["5.3.0", "5.8.0", "5.10.0", "5.11.0"] as const)(
    "sourceVersion %s on a 5.7.0 source is named with the columns and the versions that fit",
    (sourceVersion) => {
      const [problem = "", ...others] = contradictions(
        { sourceVersion, targetVersion: "5.11.0" },
        blue,
        green,
      );
      expect(others).toEqual([]);
      expect(problem).toMatch(`sourceVersion is ${sourceVersion}, but the source is of 5.6.0 or 5.7.0: it `);
    },
  );

  test("name the facts against the claimed version alone", () => {
    expect(
      contradictions({ sourceVersion: "5.8.0", targetVersion: "5.11.0" }, only(blue, SYNCED), green),
    ).toEqual([
      "sourceVersion is 5.8.0, but the source is of 5.4.0, 5.4.1, 5.5.0, 5.6.0 or 5.7.0: it lacks " +
        "IDN_OAUTH2_ACCESS_TOKEN.IDP_ID, which came with 5.8.0; it lacks IDN_OAUTH2_AUTHORIZATION_CODE.IDP_ID, which came with 5.8.0",
    ]);
  });

  test("a target newer than targetVersion, and one older than sourceVersion", () => {
    expect(contradictions({ sourceVersion: "5.7.0", targetVersion: "5.9.0" }, blue, green)[0]).toMatch(
      "targetVersion is 5.9.0, but the target is of 5.11.0: it has IDN_OAUTH2_ACCESS_TOKEN.TOKEN_BINDING_REF",
    );
    expect(
      contradictions({ sourceVersion: "5.7.0", targetVersion: "5.11.0" }, blue, fresh("mysql", "5.3.0"))[0],
    ).toMatch("sourceVersion is 5.7.0, but the target is of 5.3.0: it lacks ");
  });

  test("sides that are exchanged are found on both", () => {
    expect(contradictions({ sourceVersion: "5.7.0", targetVersion: "5.11.0" }, green, blue)).toEqual([
      expect.stringMatching("sourceVersion is 5.7.0, but the source is of 5.11.0"),
    ]);
  });

  test("not a target that is on its way, or empty", () => {
    // The migration of the token table is done, that of the providers is not.
    const between = [
      ...fresh("mysql", "5.9.0").filter(({ name }) => name !== "IDN_OAUTH2_ACCESS_TOKEN"),
      ...only(green, ["IDN_OAUTH2_ACCESS_TOKEN"]),
    ];
    expect(fittingVersions(between).versions).toEqual([]);
    for (const target of [[], blue, fresh("mysql", "5.9.0"), between, green])
      expect(contradictions({ sourceVersion: "5.7.0", targetVersion: "5.11.0" }, blue, target)).toEqual([]);
  });
});
