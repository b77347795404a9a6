import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { canBeRetired, retired } from "../../../src/apply/conflict.ts";
import type { TablePlan } from "../../../src/contract/sync-plan.ts";

const named = (name: string): TablePlan => ({ name }) as TablePlan;

test("tokens alone, also those of a partition, have a state in which they hold no unique key", () => {
  expect(canBeRetired(named("IDN_OAUTH2_ACCESS_TOKEN"))).toBe(true);
  expect(canBeRetired(named("IDN_OAUTH2_ACCESS_TOKEN_A"))).toBe(true);
  expect(canBeRetired(named("IDN_OAUTH2_ACCESS_TOKEN_SCOPE"))).toBe(false);
  expect(canBeRetired(named("IDN_OAUTH2_AUTHORIZATION_CODE"))).toBe(false);
});

test("a retired token is inactive under a state id of its own, the same each time, and keeps everything else", () => {
  const token = { TOKEN_ID: "t1", TOKEN_STATE: "ACTIVE", TOKEN_STATE_ID: "NONE", ACCESS_TOKEN: "secret" };
  const id = createHash("sha256").update("retired t1").digest("hex").slice(0, 32);
  expect(retired(token)).toEqual({ ...token, TOKEN_STATE: "INACTIVE", TOKEN_STATE_ID: id });
  expect(retired(retired(token))).toEqual(retired(token));
  expect(retired({ ...token, TOKEN_ID: "t2" })["TOKEN_STATE_ID"]).not.toBe(id);
});
