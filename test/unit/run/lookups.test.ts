/** What transformations are given from both sides, and which rows the target is not to have. */
import { describe, expect, test } from "vitest";
import type { Change } from "../../../src/contract/change.ts";
import type { SyncPlan } from "../../../src/contract/sync-plan.ts";
import type { Row } from "../../../src/row.ts";
import { connectionsOfUse } from "../../../src/run/connections-of-use.ts";
import { leftOutRows } from "../../../src/run/left-out-rows.ts";
import { cached, readColumns, readMatching } from "../../../src/run/read-columns.ts";
import { loadLookups } from "../../../src/run/target-lookups.ts";
import { column, openPair, type Pair, schema } from "../../support/memory/pair.ts";

/** Tables of both sides by name, with these rows. */
function sides(source: Readonly<Record<string, readonly Row[]>>, target = source): Pair {
  const names = [...new Set([...Object.keys(source), ...Object.keys(target)])];
  const shape = (name: string) => {
    const columns = [...(source[name] ?? []), ...(target[name] ?? [])].flatMap(Object.keys);
    return schema(
      name,
      [...new Set(columns)].map((one) => column(one)),
      { primaryKey: [] },
    );
  };
  const pair = openPair({ schemas: names.map(shape) });
  for (const [side, rows] of [
    [pair.source, source],
    [pair.target, target],
  ] as const)
    for (const name of names)
      side.db.tables.set(
        name,
        (rows[name] ?? []).map((row) => ({ ...row })),
      );
  return pair;
}

const NEEDS = { localIdp: false, accounts: false, scimIds: false, values: false, back: [] };

describe("look-ups", () => {
  test("of identity providers and tenants are read once and used for a while, unless asked for anew", async () => {
    const pair = sides({
      IDP: [
        { ID: "5", NAME: "LOCAL", TENANT_ID: "1" },
        { ID: "6", NAME: "OTHER", TENANT_ID: "1" },
      ],
    });
    let statements = 0;
    pair.target.db.onStatement = () => {
      statements += 1;
    };
    const load = loadLookups(pair);
    const wanted = { ...NEEDS, localIdp: true };
    expect((await load(wanted, [], false)).localIdpIdByTenant).toEqual(new Map([["1", "5"]]));
    await load(wanted, [], false);
    expect(statements).toBe(1);
    await load(wanted, [], true);
    expect(statements).toBe(2);
    expect(await load(NEEDS, [], true)).toEqual({ localIdpIdByTenant: new Map() });
  });

  test("of accounts and SCIM's ids go by the rows of the batch", async () => {
    const users = [
      { UM_ATTR_NAME: "scimId", UM_USER_ID: "1", UM_TENANT_ID: "7", UM_ATTR_VALUE: "uuid" },
      { UM_ATTR_NAME: "scimId", UM_USER_ID: "2", UM_TENANT_ID: "7", UM_ATTR_VALUE: "" },
      { UM_ATTR_NAME: "mail", UM_USER_ID: "3", UM_TENANT_ID: "7", UM_ATTR_VALUE: "m" },
    ];
    const pair = sides(
      { UM_USER_ATTRIBUTE: users },
      {
        UM_TENANT: [{ UM_ID: "7", UM_DOMAIN_NAME: "Foo.com" }],
        IDN_OAUTH_CONSUMER_APPS: [
          { ID: "3", CONSUMER_KEY: "key", TENANT_ID: "7" },
          { ID: "4", CONSUMER_KEY: "other", TENANT_ID: "7" },
        ],
      },
    );
    const found = await loadLookups(pair)(
      { ...NEEDS, accounts: true, scimIds: true },
      [
        { CONSUMER_KEY: "key", UM_ID: "1", UM_TENANT_ID: "7" },
        { CONSUMER_KEY: null, UM_ID: "2", UM_TENANT_ID: "7" },
        { UM_ID: "3", UM_TENANT_ID: "7" },
      ],
      false,
    );
    expect(found.appIdByConsumerKey).toEqual(new Map([["key", "3"]]));
    expect(found.tenantIdByDomain?.get("foo.com")).toBe("7");
    expect(found.scimIdByUser).toEqual(new Map([["1/7", "uuid"]]));
  });

  test("of the way back bring rows of both sides together by name, and read what is needed only", async () => {
    const pair = sides(
      {
        IDN_OAUTH_CONSUMER_APPS: [{ ID: "30", CONSUMER_KEY: "key", TENANT_ID: "1" }],
        IDP: [{ ID: "50", NAME: "LOCAL", TENANT_ID: "1" }],
        IDN_OAUTH2_ACCESS_TOKEN_SCOPE: [
          { TOKEN_ID: "t", TOKEN_SCOPE: "b" },
          { TOKEN_ID: "t", TOKEN_SCOPE: "a" },
          { TOKEN_ID: "u", TOKEN_SCOPE: "c" },
        ],
        IDN_OAUTH2_AUTHZ_CODE_SCOPE: [{ CODE_ID: "c", SCOPE: "openid" }],
      },
      {
        IDN_OAUTH_CONSUMER_APPS: [{ ID: "3", CONSUMER_KEY: "key", TENANT_ID: "1" }],
        IDP: [{ ID: "5", NAME: "LOCAL", TENANT_ID: "1" }],
      },
    );
    const load = loadLookups(pair);
    const rows = [{ TOKEN_ID: "t", CODE_ID: "c" }];
    const { back } = await load(
      { ...NEEDS, back: ["apps", "idps", "tokenScopes", "codeScopes"] },
      rows,
      false,
    );
    expect(back).toMatchObject({
      apps: new Map([["30", "3"]]),
      idps: new Map([["50", "5"]]),
      idpNames: new Map([["5", "LOCAL"]]),
      tokenScopes: new Map([["t", ["a", "b"]]]),
      codeScopes: new Map([["c", ["openid"]]]),
    });
    const names = await load({ ...NEEDS, back: ["idpNames"] }, rows, false);
    expect(names.back).toMatchObject({
      apps: new Map(),
      idpNames: new Map([["5", "LOCAL"]]),
      tokenScopes: new Map(),
    });
  });

  test("of a table that is not there give nothing, and no row asks for none", async () => {
    const { source } = sides({
      T: [
        { ID: "1", A: "x" },
        { ID: "2", A: null },
      ],
    });
    expect(await readColumns(source, "GONE", ["ID"])).toEqual([]);
    expect(await readColumns(source, "T", ["ID"], [])).toEqual([]);
    expect(await readColumns(source, "T", ["A"])).toEqual([{ A: "x" }, { A: null }]);
    expect(await readMatching(source, "T", ["ID"], "A", [{ A: "x" }, { A: null }, { A: "x" }])).toEqual([
      { ID: "1" },
    ]);
  });

  test("that failed are made anew by the next that asks", async () => {
    let loads = 0;
    const load = cached(async () => {
      if (++loads === 1) throw new Error("away");
      return loads;
    });
    await expect(load(false)).rejects.toThrow("away");
    expect([await load(false), await load(false), await load(true)]).toEqual([2, 2, 3]);
  });

  test("older than they may be are made anew", async () => {
    let loads = 0;
    const load = cached(async () => ++loads, -1);
    expect([await load(false), await load(false)]).toEqual([1, 2]);
  });
});

const plan = (more: Partial<SyncPlan> = {}): SyncPlan => ({
  schema: "identity",
  sourceVersion: "5.10.0",
  targetVersion: "5.11.0",
  groups: [],
  notes: [],
  ...more,
});

describe("rows of the portals that the migration removes", () => {
  const pair = () =>
    sides({
      IDN_OAUTH_CONSUMER_APPS: [
        { ID: "1", CONSUMER_KEY: "USER_PORTAL_foo.com", TENANT_ID: "7" },
        { ID: "2", CONSUMER_KEY: "other", TENANT_ID: "7" },
      ],
      IDN_OAUTH2_ACCESS_TOKEN: [
        { TOKEN_ID: "a", CONSUMER_KEY_ID: "1" },
        { TOKEN_ID: "b", CONSUMER_KEY_ID: "2" },
      ],
    });
  const marked = async (table: string, ...rows: readonly Row[]) => {
    const mark = leftOutRows(plan(), pair().source)(table);
    const changes = rows.map((row, i): Change => ({ position: BigInt(i), action: "UPDATE", row }));
    return (await mark?.(changes))?.map(({ leftOut }) => leftOut === true);
  };

  test("are left out by their own rule, or by the row that they belong to, over two steps as well", async () => {
    expect(
      await marked(
        "IDN_OAUTH_CONSUMER_APPS",
        { ID: "1", CONSUMER_KEY: "USER_PORTAL_foo.com", TENANT_ID: "7" },
        { ID: "2", CONSUMER_KEY: "other", TENANT_ID: "7" },
      ),
    ).toEqual([true, false]);
    expect(
      await marked(
        "IDN_OAUTH2_ACCESS_TOKEN",
        { CONSUMER_KEY_ID: "1" },
        { CONSUMER_KEY_ID: "2" },
        { CONSUMER_KEY_ID: null },
      ),
    ).toEqual([true, false, false]);
    expect(await marked("IDN_OAUTH2_ACCESS_TOKEN_SCOPE", { TOKEN_ID: "a" }, { TOKEN_ID: "b" })).toEqual([
      true,
      false,
    ]);
  });

  test("are not looked for in other tables, between other releases, or on the way back", () => {
    const { source } = pair();
    expect(leftOutRows(plan(), source)("IDN_IDENTITY_USER_DATA")).toBeUndefined();
    expect(
      leftOutRows(
        plan({ targetVersion: "5.10.0", sourceVersion: "5.9.0" }),
        source,
      )("IDN_OAUTH2_ACCESS_TOKEN"),
    ).toBeUndefined();
    expect(leftOutRows(plan({ direction: "back" }), source)("IDN_OAUTH2_ACCESS_TOKEN")).toBeUndefined();
  });

  test("a deletion is never left out, and without a portal nothing is asked about rows", async () => {
    const mark = leftOutRows(plan(), pair().source)("IDN_OAUTH2_ACCESS_TOKEN");
    const gone: Change = { position: 1n, action: "DELETE", row: { CONSUMER_KEY_ID: "1" } };
    expect(await mark?.([gone])).toEqual([gone]);
    const other = sides({
      IDN_OAUTH_CONSUMER_APPS: [{ ID: "2", CONSUMER_KEY: "other", TENANT_ID: "7" }],
      IDN_OAUTH2_ACCESS_TOKEN: [{ TOKEN_ID: "b", CONSUMER_KEY_ID: "2" }],
    });
    let statements = 0;
    other.source.db.onStatement = () => {
      statements += 1;
    };
    const scopes = leftOutRows(plan(), other.source)("IDN_OAUTH2_ACCESS_TOKEN_SCOPE");
    const changes: readonly Change[] = [{ position: 1n, action: "INSERT", row: { TOKEN_ID: "b" } }];
    expect(await scopes?.(changes)).toBe(changes);
    expect(statements).toBe(1);
  });
});

test("a run has use for a connection more than its groups, and needs the fewest in any case", () => {
  const uses = { parallelism: 4, wayBack: false };
  expect(connectionsOfUse("source", 1, uses)).toEqual({ least: 3, most: 3 });
  expect(connectionsOfUse("source", 5, uses)).toEqual({ least: 3, most: 11 });
  expect(connectionsOfUse("target", 5, uses)).toEqual({ least: 6, most: 26 });
  expect(connectionsOfUse("target", 2, { ...uses, wayBack: true })).toEqual({ least: 9, most: 15 });
  expect(connectionsOfUse("source", 1, { ...uses, wayBack: true })).toEqual({ least: 9, most: 9 });
});
