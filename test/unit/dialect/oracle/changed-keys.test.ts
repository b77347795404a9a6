import { describe, expect, test } from "vitest";
import type { TableSchema } from "../../../../src/contract/table-schema.ts";
import { whyKeysChange } from "../../../../src/dialect/oracle/changed-keys.ts";
import { oracle } from "../../../../src/dialect/oracle/index.ts";
import { buildPlan, type PlanRequest } from "../../../../src/plan/build-plan.ts";
import { tableSchema } from "../../../support/wso2-plans.ts";

/** As WSO2's scripts have it. */
const NUMBERING = "BEGIN\n  SELECT UM_USER_SEQUENCE.nextval INTO :NEW.UM_ID FROM dual;\nEND;";
const trigger = (body: string, when = "") => ({ table: "UM_USER", name: "UM_USER_TRIGGER", when, body });
const changes = (body: string, when = ""): boolean =>
  whyKeysChange([trigger(body, when)], ["UM_ID", "UM_TENANT_ID"]) !== undefined;

describe("a trigger that numbers rows", () => {
  test("is known by what it assigns to the key", () => {
    expect(changes(NUMBERING)).toBe(true);
    expect(changes(':new."UM_ID" := UM_USER_SEQUENCE.NEXTVAL;')).toBe(true);
    expect(changes("SELECT A.NEXTVAL, SYSDATE INTO :N.UM_CHANGED_TIME, :N . UM_ID FROM DUAL;")).toBe(true);
  });

  test("is let be when it numbers only rows that have none, or sets something else", () => {
    expect(changes(NUMBERING, "NEW.UM_ID IS NULL")).toBe(false);
    expect(changes(`IF :NEW."UM_ID" IS NULL THEN ${NUMBERING} END IF;`)).toBe(false);
    expect(changes(":NEW.UM_ID := NVL(:NEW.UM_ID, UM_USER_SEQUENCE.NEXTVAL);")).toBe(false);
    expect(changes(`-- NEW.UM_ID IS NULL\n${NUMBERING}`)).toBe(true);
    expect(changes(NUMBERING, "NEW.UM_CHANGED_TIME IS NULL")).toBe(true);
    expect(changes(":NEW.UM_CHANGED_TIME := SYSTIMESTAMP;")).toBe(false);
    expect(changes("SELECT 1 INTO :NEW.UM_ID_2 FROM DUAL; UPDATE A SET B = :NEW.UM_ID;")).toBe(false);
    expect(changes("INSERT INTO A (B) VALUES (:NEW.UM_ID);")).toBe(false);
    expect(changes("INSERT INTO A (B) VALUES (1) RETURNING C INTO :NEW.UM_ID;")).toBe(true);
  });
});

describe("a plan with a target whose trigger numbers the users", () => {
  const users = (version: "5.9.0" | "5.11.0"): TableSchema =>
    tableSchema("oracle", version, "UM_USER") as TableSchema;
  const numbered: TableSchema = {
    ...users("5.11.0"),
    changesKeys: whyKeysChange([trigger(NUMBERING)], ["UM_ID"]) ?? "",
  };
  const side = (tables: readonly TableSchema[]) => ({
    dialect: {
      ...oracle,
      introspector: {
        ...oracle.introspector,
        tables: async (_db: unknown, names: readonly string[]) =>
          tables.filter(({ name }) => names.includes(name)),
      },
    },
    db: { query: async () => [], execute: async () => 0 },
  });
  const request: PlanRequest = {
    schema: "um",
    sourceVersion: "5.9.0",
    targetVersion: "5.11.0",
    tables: ["UM_USER"],
  };
  const plan = (source: readonly TableSchema[], target: readonly TableSchema[], beforeRestore = false) =>
    buildPlan({ ...request, beforeRestore }, side(source), side(target));

  test("is refused with the trigger's name and what to do", async () => {
    await expect(plan([users("5.9.0")], [numbered])).rejects.toMatchObject({
      code: "PLAN_IMPOSSIBLE",
      message: expect.stringMatching(
        /UM_USER: on the target trigger UM_USER_TRIGGER gives every new row a UM_ID of its own.*WHEN \(NEW\.UM_ID IS NULL\)/,
      ),
    });
  });

  test("is made when it is blue that numbers, and says before the restore what the dump will bring", async () => {
    const blue = { ...users("5.9.0"), changesKeys: numbered.changesKeys ?? "" };
    expect((await plan([blue], [users("5.11.0")])).notes.join()).not.toContain("UM_USER_TRIGGER");
    expect((await plan([blue], [], true)).notes.join()).toContain("UM_USER_TRIGGER");
  });

  test("is refused for the table of claims too, which is written along with the users", async () => {
    const column = (name: string) => ({ ...numbered.columns[0], name }) as TableSchema["columns"][number];
    const claims: TableSchema = {
      name: "UM_USER_ATTRIBUTE",
      columns: ["UM_ID", "UM_ATTR_NAME", "UM_ATTR_VALUE", "UM_PROFILE_ID", "UM_USER_ID", "UM_TENANT_ID"].map(
        column,
      ),
      primaryKey: ["UM_ID", "UM_TENANT_ID"],
      uniqueKeys: [],
      foreignKeys: [],
      changesKeys: "trigger T numbers",
    };
    await expect(plan([users("5.9.0")], [users("5.11.0"), claims])).rejects.toMatchObject({
      message: expect.stringContaining("UM_USER_ATTRIBUTE: on the target trigger T numbers"),
    });
  });
});
