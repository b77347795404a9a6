import { expect, test } from "vitest";
import { withOrigin } from "../../../src/contract/origin.ts";
import type { Database } from "../../../src/db/database.ts";
import { loadDialect } from "../../../src/dialect/registry.ts";
import { SyncError } from "../../../src/errors.ts";
import { Interrupted, persistently } from "../../../src/run/persistently.ts";

const options = (signal = new AbortController().signal) => {
  const told: string[] = [];
  return { told, signal, onRetry: (reason: string) => void told.push(reason), random: () => 0 };
};

/** A database that fails so many times before it answers. */
async function failing(times: number, code: string): Promise<Database> {
  let left = times;
  const query = async (): Promise<never[]> => {
    if (left-- > 0) throw Object.assign(new Error("no"), { code });
    return [];
  };
  const db = { query } as unknown as Database;
  return withOrigin("target", {
    dialect: await loadDialect("postgres"),
    db: { ...db, transaction: query as never },
  }).db;
}

test("work that fails for a reason that passes is done again until it comes through, and told of once", async () => {
  const db = await failing(3, "57P03");
  const given = options();
  expect(await persistently(() => db.query("SELECT 1"), given)).toEqual([]);
  expect(given.told).toHaveLength(1);
});

test("what no second try helps with is thrown as it is", async () => {
  const db = await failing(1, "42501");
  await expect(persistently(() => db.query("SELECT 1"), options())).rejects.toMatchObject({ code: "42501" });
  const refused = new SyncError("NOT_PREPARED", { what: "w", next: "n" });
  await expect(persistently(() => Promise.reject(refused), options())).rejects.toBe(refused);
});

test("the end of the process ends the wait", async () => {
  const stop = new AbortController();
  const db = await failing(1_000, "08006");
  const given = options(stop.signal);
  const waiting = persistently(() => db.query("SELECT 1"), {
    ...given,
    onRetry: () => stop.abort(),
  });
  await expect(waiting).rejects.toBeInstanceOf(Interrupted);
});
