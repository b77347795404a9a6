import { expect, test } from "vitest";
import { oracle } from "../../../../src/dialect/oracle/index.ts";
import type { Row } from "../../../../src/row.ts";
import { wso2Plans } from "../../../support/wso2-plans.ts";

/** A catalogue with one trigger, whose source only its owner sees. */
async function find(source: readonly Row[], body: string) {
  const db = {
    query: async (sql: string): Promise<Row[]> => {
      if (sql.includes("ALL_SOURCE")) return [...source];
      if (sql.includes("TRIGGER_NAME"))
        return [{ NAME: "T_IT", TABLE_NAME: "T", STATUS: "ENABLED", BODY: body }];
      return [];
    },
    execute: async () => 0,
  };
  const found = await oracle.introspector.objects(db, ["T_IT"]);
  return found.find(({ kind }) => kind === "trigger");
}

test("a trigger whose source is hidden is known by its text beside the table", async () => {
  const plan = (await wso2Plans("oracle", "5.9.0")).find(({ name }) => name === "IDN_IDENTITY_USER_DATA");
  if (plan === undefined) throw new Error("no plan");
  const step = oracle.ddl.capture(plan).find(({ object }) => object.name === plan.names.insertTrigger);
  const text = step?.sql[0] ?? "";
  // What the catalogue keeps of it, as a LONG that may end in a zero.
  const body = `${text.slice(text.indexOf("BEGIN"))}\0`;
  const hidden = await find([], body);
  expect(oracle.ddl.isOurs(hidden?.body ?? "")).toBe(true);
  expect(step !== undefined && oracle.ddl.isCurrent(step, hidden?.body ?? "")).toBe(true);
  const seen = await find([{ NAME: "T_IT", TEXT: "TRIGGER of the source" }], body);
  expect(seen?.body).toBe("TRIGGER of the source");
  expect((await find([], ""))?.body).toBeUndefined();
});
