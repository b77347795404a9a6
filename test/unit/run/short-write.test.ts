/** The short way of writing is for new images and nothing else; a row that cannot be transformed takes the long one. */
import { expect, test } from "vitest";
import type { Change } from "../../../src/contract/change.ts";
import type { Dialect, PreparedWrite } from "../../../src/contract/dialect.ts";
import { SyncError } from "../../../src/errors.ts";
import { prepareShortWrite } from "../../../src/run/short-write.ts";
import { transformFailed } from "../../../src/transform/transform-failed.ts";
import { openPair, USERS } from "../../support/memory/pair.ts";

const table = openPair({ schemas: [USERS] }).table("USERS");
const change: Change = { position: 1n, action: "UPDATE", row: { ID: "1", NAME: "n" } };
const segments = [{ deletes: [], upserts: [change], inserts: new Set<Change>(), replaced: [] }];
const PREPARED = {} as PreparedWrite;
const dialect = { prepareWrite: async () => PREPARED } as unknown as Dialect;

const failing = (error: unknown) => () => {
  throw error;
};

test("who cannot be transformed takes the long way, whose turn tells why", async () => {
  const prepare = (rowFor: (one: Change) => Change["row"]) =>
    prepareShortWrite(dialect, table, segments, rowFor, [], "dead-letter");
  expect(await prepare(({ row }) => row)).toBe(PREPARED);
  expect(await prepare(failing(transformFailed("USERS", 1n, "no key opens it")))).toBeUndefined();
  for (const error of [
    new SyncError("SCHEMA_CHANGED", { what: "w", next: "n" }),
    new TypeError("a fault"),
    Object.assign(new Error("not ours"), { code: "TRANSFORM_FAILED" }),
  ])
    await expect(prepare(failing(error))).rejects.toBe(error);
});
