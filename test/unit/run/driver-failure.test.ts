/** A driver's error becomes one that may be shown: our words for its code, with what to do next. */
import { expect, test } from "vitest";
import { withOrigin } from "../../../src/contract/origin.ts";
import type { Database } from "../../../src/db/database.ts";
import { SyncError } from "../../../src/errors.ts";
import { driverFailure, isBug } from "../../../src/run/driver-failure.ts";
import { MemoryError } from "../../support/memory/database.ts";
import { openPair } from "../../support/memory/pair.ts";

const { source } = openPair();
const of = (kind: ConstructorParameters<typeof MemoryError>[0]) => new MemoryError(kind);

test.each([
  ["login", "DATABASE_UNREACHABLE", "deployment.toml"],
  ["auth", "GRANT_MISSING", "Grant what is missing"],
  ["schema", "SCHEMA_CHANGED", "run --dry-run"],
  ["fatal", "SCHEMA_CHANGED", "database's own log"],
] as const)("of the class %s is %s, and says what to do", (kind, code, next) => {
  const error = of(kind);
  const shown = driverFailure(source.dialect, error, "reading USERS", "USERS");
  expect(shown.code).toBe(code);
  expect(shown.message).toBe(`reading USERS: refused: ${kind} (${source.dialect.title} ${kind})`);
  expect(shown.next).toContain(next);
  expect(shown.at).toEqual({ table: "USERS" });
  expect(shown.cause).toBe(error);
});

test("names a table only where one is known", () => {
  expect(driverFailure(source.dialect, of("schema"), "looking").at).toEqual({});
});

test("that is in our words already stays as it is", () => {
  const ours = new SyncError("GRANT_MISSING", { what: "what", next: "next" });
  expect(driverFailure(source.dialect, ours, "looking", "USERS")).toBe(ours);
});

test("is told in the words of the database that threw it", async () => {
  const other = { ...source.dialect, title: "Another" };
  const db = { query: () => Promise.reject(of("schema")) } as unknown as Database;
  const error: unknown = await withOrigin("target", { dialect: other, db })
    .db.query("SELECT 1", [])
    .catch((thrown: unknown) => thrown);
  expect(driverFailure(source.dialect, error, "looking").message).toContain("(Another schema)");
});

test("is a bug where no database knows it, and where it is JavaScript's own", () => {
  const found = { class: "fatal", code: "none", reason: "not known" } as const;
  expect(isBug(new Error("x"), found)).toBe(true);
  expect(isBug(new Error("x"), { ...found, code: "42P01" })).toBe(false);
  expect(isBug(new Error("x"), { ...found, class: "schema" })).toBe(false);
  for (const error of [
    new TypeError("x"),
    new RangeError("x"),
    new ReferenceError("x"),
    new SyntaxError("x"),
  ])
    expect(isBug(error, { ...found, class: "schema", code: "42P01" })).toBe(true);
});
