/** Whether a target can take the rows at all: written before it was migrated, they would be lost to its server later. */
import { describe, expect, it } from "vitest";
import type { IsVersion } from "../../../src/config/versions.ts";
import type { SyncPlan, TablePlan } from "../../../src/contract/sync-plan.ts";
import type { Column, TableSchema } from "../../../src/contract/table-schema.ts";
import { SyncError } from "../../../src/errors.ts";
import { planTable } from "../../../src/plan/plan-table.ts";
import { rekeyedTable } from "../../../src/plan/rekeyed-tables.ts";
import { lookupTables, missingMigration, transformerFor } from "../../../src/transform/transformer-for.ts";
import { column, openPair, planOf, schema } from "../../support/memory/pair.ts";

const TOKENS = "IDN_OAUTH2_ACCESS_TOKEN";

interface Shape {
  readonly name?: string;
  readonly source?: TableSchema;
  readonly target?: TableSchema;
  readonly rekeyed?: boolean;
}

const shaped = (name: string, ...columns: readonly string[]): TableSchema =>
  schema(
    name,
    columns.map((one) => column(one)),
    { primaryKey: columns.slice(0, 1) },
  );

function tableOf({ name = TOKENS, source, target, rekeyed = false }: Shape): TablePlan {
  const { source: side } = openPair();
  const from = source ?? shaped(name, "ID", "NAME");
  return planTable(
    {
      name,
      source: from,
      target: target ?? from,
      synced: [name],
      from: side.dialect,
      to: side.dialect,
      rekeyed: rekeyed ? rekeyedTable(name, "5.0.0", "5.11.0") : undefined,
      makes: [],
      reads: [],
    },
    [],
    [],
  );
}

const plan = (
  sourceVersion: IsVersion,
  tables: readonly TablePlan[],
  more: Partial<SyncPlan> = {},
): SyncPlan => ({ ...planOf([{ name: "g", tables }]), sourceVersion, targetVersion: "5.11.0", ...more });

const OLD_TOKENS = shaped(TOKENS, "TOKEN_ID", "ACCESS_TOKEN", "TENANT_ID");
const MIGRATED = shaped(TOKENS, "TOKEN_ID", "ACCESS_TOKEN", "TENANT_ID", "IDP_ID", "TOKEN_BINDING_REF");

describe("a target's table", () => {
  it("that was migrated takes the rows", () => {
    const table = tableOf({ source: OLD_TOKENS, target: MIGRATED });
    expect(missingMigration(plan("5.7.0", [table]), table)).toBeUndefined();
    expect(transformerFor(plan("5.7.0", [table]), table).adds).toContain("IDP_ID");
  });

  it("that was not is refused, with the columns it lacks and who makes them", () => {
    const table = tableOf({ source: OLD_TOKENS });
    const refuse = (): unknown => transformerFor(plan("5.7.0", [table]), table);
    expect(refuse).toThrow(
      `${TOKENS}: the target's table is not migrated to 5.11.0, it has no column IDP_ID, TOKEN_BINDING_REF`,
    );
    try {
      refuse();
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
      expect(error).toMatchObject({ code: "TRANSFORM_UNAVAILABLE", at: { table: TOKENS } });
      expect(error.next).toBe(
        "Run WSO2's migration client on the target, to 5.11.0, then give the command again",
      );
    }
  });

  it("that lacks one of them is refused for that one", () => {
    const target = shaped(TOKENS, "TOKEN_ID", "ACCESS_TOKEN", "TENANT_ID", "idp_id");
    const table = tableOf({ source: OLD_TOKENS, target });
    expect(missingMigration(plan("5.7.0", [table]), table)).toMatch(/it has no column TOKEN_BINDING_REF$/);
  });

  it("that is not restored yet is not judged: who plans before the restore is not stopped by it", () => {
    const table = { ...tableOf({ source: OLD_TOKENS }), awaitsRestore: true as const };
    expect(missingMigration(plan("5.7.0", [table]), table)).toBeUndefined();
  });

  it("on the way back is blue's, which nobody migrates", () => {
    const table = tableOf({ source: MIGRATED, target: OLD_TOKENS });
    expect(missingMigration(plan("5.7.0", [table], { direction: "back" }), table)).toBeUndefined();
  });

  it("of 5.0.0 that still has its old key is told apart from one that was migrated", () => {
    const old = shaped(TOKENS, "ACCESS_TOKEN", "CONSUMER_KEY", "TOKEN_SCOPE");
    const unmigrated = tableOf({ source: old });
    expect(missingMigration(plan("5.0.0", [unmigrated]), unmigrated)).toBe(
      "the target's table still has the shape of 5.0.0",
    );
    const migrated = tableOf({ source: old, target: MIGRATED, rekeyed: true });
    expect(missingMigration(plan("5.0.0", [migrated]), migrated) ?? "").not.toContain("shape");
  });
});

describe("two tokens of one user, application and scope that the target's key does not allow", () => {
  const columns = ["TOKEN_ID", "CONSUMER_KEY_ID", "TENANT_ID", "TOKEN_SCOPE_HASH"];
  const isGivenAnother = (keyColumns?: readonly string[]): boolean => {
    const uniqueKeys = keyColumns === undefined ? [] : [{ name: "CON_APP_KEY", columns: keyColumns }];
    const source = { ...shaped(TOKENS, ...columns), uniqueKeys };
    const target = shaped(TOKENS, ...columns, "IDP_ID", "TOKEN_BINDING_REF");
    const table = tableOf({ source, target });
    return transformerFor(plan("5.7.0", [table]), table).onUniqueConflict !== undefined;
  };

  it("get a scope hash of their own where the source's key let several of them be", () => {
    expect(isGivenAnother(["TOKEN_ID", "TOKEN_SCOPE_HASH"])).toBe(true);
    expect(isGivenAnother(["token_id", "token_scope_hash"])).toBe(true);
  });

  it("are a conflict in a table of 5.0.0 too, whose key has the tenant in AUTHZ_USER", () => {
    const uniqueKeys = [{ name: "CON_APP_KEY", columns: ["CONSUMER_KEY", "AUTHZ_USER", "TOKEN_SCOPE_HASH"] }];
    const source = { ...shaped(TOKENS, ...columns), uniqueKeys };
    const target = shaped(TOKENS, ...columns, "IDP_ID", "TOKEN_BINDING_REF");
    const conflicts = (more: Partial<TablePlan>): boolean => {
      const table = { ...tableOf({ source, target }), ...more };
      return transformerFor(plan("5.7.0", [table]), table).onUniqueConflict === undefined;
    };
    expect([conflicts({ isRekeyed: true }), conflicts({})]).toEqual([true, false]);
  });

  it("are a conflict where the source's key allows one as well, or is not known", () => {
    expect(isGivenAnother(["CONSUMER_KEY_ID", "TENANT_ID", "TOKEN_SCOPE_HASH"])).toBe(false);
    expect(isGivenAnother(["consumer_key_id", "tenant_id", "token_scope_hash"])).toBe(false);
    expect(isGivenAnother(["TOKEN_ID"])).toBe(false);
    expect(isGivenAnother()).toBe(false);
  });
});

describe("what is looked up besides the synced tables", () => {
  const users = tableOf({ name: "UM_USER", source: shaped("UM_USER", "UM_ID", "UM_TENANT_ID") });
  const tokens = tableOf({ source: OLD_TOKENS, target: MIGRATED });
  const codes = tableOf({
    name: "IDN_OAUTH2_AUTHORIZATION_CODE",
    source: shaped("IDN_OAUTH2_AUTHORIZATION_CODE", "CODE_ID", "CONSUMER_KEY_ID", "SCOPE"),
  });

  it("are the providers of the target, and what the tables of the plan need", () => {
    expect(lookupTables(plan("5.7.0", [tokens]))).toEqual({ source: [], target: ["IDP"] });
    expect(lookupTables(plan("5.7.0", [tokens, users]))).toEqual({
      source: ["UM_USER_ATTRIBUTE"],
      target: ["IDP"],
    });
    const rekeyed = { ...tokens, isRekeyed: true as const };
    expect(lookupTables(plan("5.0.0", [rekeyed]))).toEqual({ source: [], target: ["IDP", "UM_TENANT"] });
  });

  it("on the way back are the names of both sides, and green's scopes where they stand in tables of their own", () => {
    const { source, target } = lookupTables(plan("5.7.0", [tokens, codes], { direction: "back" }));
    expect(source).toEqual(
      expect.arrayContaining(["IDN_OAUTH_CONSUMER_APPS", "IDN_OAUTH2_AUTHZ_CODE_SCOPE"]),
    );
    expect(target).toContain("IDN_OAUTH_CONSUMER_APPS");
    expect(target).not.toContain("IDN_OAUTH2_AUTHZ_CODE_SCOPE");
  });

  it("on the way back are each table once that its tables ask for, and none that they do not", () => {
    const back = (...tables: readonly TablePlan[]) =>
      lookupTables(plan("5.7.0", tables, { direction: "back" }));
    const both = ["IDN_OAUTH_CONSUMER_APPS", "IDP"];
    expect(back(tokens)).toEqual({ source: [...both, "IDN_OAUTH2_ACCESS_TOKEN_SCOPE"], target: both });
    expect(back(codes)).toEqual({ source: [...both, "IDN_OAUTH2_AUTHZ_CODE_SCOPE"], target: both });
    expect(back(users)).toEqual({ source: [], target: [] });
  });

  it("are tenants where any table gets new keys, not only where all do", () => {
    const rekeyed = { ...tokens, isRekeyed: true as const };
    expect(lookupTables(plan("5.0.0", [rekeyed, users])).target).toEqual(["IDP", "UM_TENANT"]);
  });
});

describe("on the way back, a text of green's", () => {
  const green = shaped(TOKENS, "TOKEN_ID", "AUTHZ_USER", "CONSUMER_KEY_ID", "IDP_ID");
  const failureOf = (type: string, kind: Column["kind"] = "text", direction: "back" | "forward" = "back") => {
    const blue = schema(
      TOKENS,
      [column("token_id"), column("authz_user", { type, kind }), column("consumer_key_id"), column("idp_id")],
      { primaryKey: ["token_id"] },
    );
    const table = tableOf({ source: green, target: blue });
    const row = { TOKEN_ID: "t", AUTHZ_USER: "abcdef", CONSUMER_KEY_ID: null, IDP_ID: "-1" };
    const { transform } = transformerFor(plan("5.10.0", [table], { direction }), table);
    const made = transform(row, { localIdpIdByTenant: new Map() });
    return "failure" in made ? made.failure : undefined;
  };
  const TOO_LONG = "AUTHZ_USER: is longer than the 5 characters of blue's column";

  it.each(["VARCHAR(5)", "varchar2(5 CHAR)", "character varying(5)", "nvarchar(5)"])(
    "is refused where blue's column is %s",
    (type) => {
      expect(failureOf(type)).toBe(TOO_LONG);
    },
  );

  it.each(["VARCHAR(6)", "TEXT", "nvarchar(max)", "enum('(5')"])("passes where it is %s", (type) => {
    expect(failureOf(type)).toBeUndefined();
  });

  it("passes where the number is no length of a text", () => {
    expect(failureOf("DECIMAL(5)", "decimal")).toBeUndefined();
  });
});
