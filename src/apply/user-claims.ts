/** The user-id claim, which the target keeps besides UM_USER.UM_USER_ID. Does nothing for all other tables. */

import type { Dialect } from "../contract/dialect.ts";
import { readByKey } from "../contract/read-rows.ts";
import type { TablePlan, TargetTable } from "../contract/sync-plan.ts";
import type { Queryable } from "../db/database.ts";
import { USER_ID_CLAIM } from "../plan/user-claims.ts";
import type { Row } from "../row.ts";

const OWNER = ["UM_USER_ID", "UM_TENANT_ID"];

/**
 * Gives the users just written the claim, with the id that the target has for them, unless they have one: the
 * migration's, blue's, or ours from an earlier run.
 */
export async function writeClaims(
  tx: Queryable,
  dialect: Dialect,
  table: TablePlan,
  users: readonly Row[],
): Promise<void> {
  const { claims } = table;
  if (claims === undefined || users.length === 0) return;
  const ids = await read(
    tx,
    dialect,
    table,
    ["UM_ID", "UM_TENANT_ID", "UM_USER_ID"],
    ["UM_ID", "UM_TENANT_ID"],
    users,
  );
  const present = await readClaims(
    tx,
    dialect,
    claims,
    ids.map((user) => ({ UM_USER_ID: user["UM_ID"] ?? null, UM_TENANT_ID: user["UM_TENANT_ID"] ?? null })),
  );
  const owners = new Set(present.map(owner));
  const missing = ids.map(claimOf).filter((claim) => !owners.has(owner(claim)));
  if (missing.length > 0) await dialect.writeRows(tx, claims, missing, []);
}

/** Of the attributes just written those that are the claim replace any other row of the same user's claim. */
export async function replaceClaims(
  tx: Queryable,
  dialect: Dialect,
  table: TablePlan,
  attributes: readonly Row[],
): Promise<void> {
  if (table.holdsClaims !== true) return;
  const given = attributes.filter(isClaim);
  if (given.length === 0) return;
  const key = ({ UM_ID: id, UM_TENANT_ID: tenant }: Row): string => `${id}/${tenant}`;
  const kept = new Set(given.map(key));
  const others = (await readClaims(tx, dialect, table, given)).filter((row) => !kept.has(key(row)));
  if (others.length === 0) return;
  const keys = others.map((row) => table.key.map(({ name }) => row[name] ?? null));
  await dialect.deleteRows(tx, table, keys, false);
}

/** Whether a row of the attribute table is a user-id claim. */
export function isClaim({ UM_ATTR_NAME: name, UM_PROFILE_ID: profile }: Row): boolean {
  return name === USER_ID_CLAIM.attribute && profile === USER_ID_CLAIM.profile;
}

/**
 * The negative of the user's own number: the same in every run, and none that a server hands out. A number drawn on the
 * target would be drawn by blue too, for an attribute of somebody else.
 */
function claimOf({ UM_ID: user, UM_TENANT_ID: tenant, UM_USER_ID: id }: Row): Row {
  return {
    UM_ID: `-${user}`,
    UM_ATTR_NAME: USER_ID_CLAIM.attribute,
    UM_ATTR_VALUE: id ?? null,
    UM_PROFILE_ID: USER_ID_CLAIM.profile,
    UM_USER_ID: user ?? null,
    UM_TENANT_ID: tenant ?? null,
  };
}

async function readClaims(
  tx: Queryable,
  dialect: Dialect,
  attributes: TargetTable,
  owners: readonly Row[],
): Promise<readonly Row[]> {
  const columns = ["UM_ID", ...OWNER, "UM_ATTR_NAME", "UM_PROFILE_ID"];
  return (await read(tx, dialect, attributes, columns, OWNER, owners)).filter(isClaim);
}

const owner = (row: Row): string => OWNER.map((column) => row[column]).join("/");

/** Some columns of the rows that agree with one of `keys` in the columns `by`. */
async function read(
  tx: Queryable,
  dialect: Dialect,
  table: TargetTable,
  columns: readonly string[],
  by: readonly string[],
  keys: readonly Row[],
): Promise<readonly Row[]> {
  const named = (names: readonly string[]) =>
    names.flatMap((name) =>
      table.targetColumns.filter((column) => column.name === name).map(({ target }) => target),
    );
  return await readByKey(
    { dialect, db: tx },
    table.target.name,
    named(columns),
    named(by),
    keys.map((key) => by.map((column) => key[column] ?? null)),
  );
}
