/** Tokens of 5.0.0 are told apart by themselves, those of the target by an id: one of two makes a second session of a user's, or none. */
import { describe, expect, it } from "vitest";
import type { Change } from "../../../src/contract/change.ts";
import type { TablePlan } from "../../../src/contract/sync-plan.ts";
import type { TableSchema } from "../../../src/contract/table-schema.ts";
import { planTable } from "../../../src/plan/plan-table.ts";
import { rekeyedTable } from "../../../src/plan/rekeyed-tables.ts";
import type { Row } from "../../../src/row.ts";
import { hashJson } from "../../../src/transform/crypto/token-hash.ts";
import { keyResolver, stableId } from "../../../src/transform/resolve-keys.ts";
import { PLAIN_READERS, type ValueReaders } from "../../../src/transform/stored-value.ts";
import { column, type MemorySide, openPair, schema } from "../../support/memory/pair.ts";

const TABLE = "IDN_OAUTH2_ACCESS_TOKEN";
const OLD = schema(TABLE, [column("ACCESS_TOKEN"), column("CONSUMER_KEY"), column("TOKEN_SCOPE")], {
  primaryKey: ["ACCESS_TOKEN"],
});
const NEW = schema(TABLE, [column("TOKEN_ID"), column("ACCESS_TOKEN"), column("ACCESS_TOKEN_HASH")], {
  primaryKey: ["TOKEN_ID"],
});

interface Green {
  readonly side: MemorySide;
  readonly table: TablePlan;
  readonly statements: string[];
}

function green(shape: TableSchema, rows: readonly Row[], source: TableSchema = OLD, to = "5.11.0"): Green {
  const { target } = openPair({ schemas: [shape] });
  target.db.tables.set(
    TABLE,
    rows.map((row) => ({ ...row })),
  );
  const statements: string[] = [];
  target.db.onStatement = (sql) => void statements.push(sql);
  const request = {
    name: TABLE,
    source,
    target: shape,
    synced: [TABLE],
    from: target.dialect,
    to: target.dialect,
    rekeyed: to === "5.0.0" ? undefined : rekeyedTable(TABLE, "5.0.0", "5.11.0"),
    makes: [],
    reads: [],
  };
  return { side: target, table: planTable(request, [], []), statements };
}

const inserted = (...tokens: readonly Row["x"][]): readonly Change[] =>
  tokens.map((token, n) => ({
    position: BigInt(n + 1),
    action: "INSERT",
    row: { ACCESS_TOKEN: token ?? null },
  }));

async function resolve(
  { side, table }: Green,
  changes: readonly Change[],
  readers: ValueReaders = PLAIN_READERS,
): Promise<readonly Change[]> {
  const resolver = keyResolver(table, side, async () => readers, "SHA-256");
  if (resolver === undefined) throw new Error("not rekeyed");
  return await resolver(changes);
}

const idOf = (change: Change | undefined): unknown => change?.key?.["TOKEN_ID"];
const hash = (token: string): string => hashJson(token, "SHA-256");

describe("a token of 5.0.0", () => {
  it("that the migration client has taken over keeps the id it was given there", async () => {
    const there = green(NEW, [
      { TOKEN_ID: "id-1", ACCESS_TOKEN: "one", ACCESS_TOKEN_HASH: hash("one") },
      { TOKEN_ID: "id-2", ACCESS_TOKEN: "two", ACCESS_TOKEN_HASH: hash("two") },
    ]);
    const changes = await resolve(there, inserted("two", "one"));
    expect(changes.map(idOf)).toEqual(["id-2", "id-1"]);
    expect(changes.map(({ keyFailure }) => keyFailure)).toEqual([undefined, undefined]);
  });

  it("is found by the token itself where the target has no hash column", async () => {
    const shape = schema(TABLE, [column("TOKEN_ID"), column("ACCESS_TOKEN")], { primaryKey: ["TOKEN_ID"] });
    const there = green(shape, [{ TOKEN_ID: "id-1", ACCESS_TOKEN: "one" }]);
    expect((await resolve(there, inserted("one"))).map(idOf)).toEqual(["id-1"]);
  });

  it("that is new gets the same id in every run, another than any other token's, and it does not hold the token", async () => {
    const [first] = await resolve(green(NEW, []), inserted("new"));
    const [again, other] = await resolve(green(NEW, []), inserted("new", "other"));
    expect(idOf(again)).toBe(idOf(first));
    expect(idOf(other)).not.toBe(idOf(first));
    expect(idOf(first)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(idOf(first)).toBe(stableId(hash("new")));
  });

  it("is looked for with all others of its batch in one statement, and not at all when none can be read", async () => {
    const there = green(NEW, []);
    await resolve(there, inserted("one", "two", "one", "three"));
    expect(there.statements).toHaveLength(1);
    await resolve(there, inserted(null));
    expect(there.statements).toHaveLength(1);
  });

  it("is looked for as it is read: encrypted by the source, it is the plain one of the target", async () => {
    const there = green(NEW, [{ TOKEN_ID: "id-1", ACCESS_TOKEN: "plain", ACCESS_TOKEN_HASH: hash("plain") }]);
    const opened: ValueReaders = {
      ...PLAIN_READERS,
      token: () => ({ value: "plain", hash: null }),
    };
    expect((await resolve(there, inserted("sealed"), opened)).map(idOf)).toEqual(["id-1"]);
    const hashed: ValueReaders = { ...PLAIN_READERS, token: () => ({ value: "x", hash: hash("plain") }) };
    expect((await resolve(there, inserted("sealed"), hashed)).map(idOf)).toEqual(["id-1"]);
  });

  it("that no key opens is set aside with the reason, without its value, and takes no other token's row", async () => {
    const there = green(NEW, [{ TOKEN_ID: "id-1", ACCESS_TOKEN: "one", ACCESS_TOKEN_HASH: hash("one") }]);
    const closed: ValueReaders = { ...PLAIN_READERS, token: () => ({ refuse: "no key opens it" }) };
    const [change, other] = await resolve(there, inserted("sealed", "sealed too"), closed);
    expect(change?.keyFailure).toBe("ACCESS_TOKEN: no key opens it");
    expect([idOf(change), idOf(other)]).not.toContain("id-1");
    expect(idOf(change)).not.toBe(idOf(other));
  });

  it.each([null, Buffer.from("bytes")])("that is %s is set aside", async (value) => {
    const [change] = await resolve(green(NEW, []), inserted(value));
    expect(change?.keyFailure).toBe("ACCESS_TOKEN: is no text");
  });

  it("keeps all else of its change", async () => {
    const [change] = await resolve(green(NEW, []), inserted("new"));
    expect(change).toMatchObject({ position: 1n, action: "INSERT", row: { ACCESS_TOKEN: "new" } });
  });
});

it("nobody resolves keys of a table that has kept its own", () => {
  const { side, table } = green(NEW, [], NEW, "5.0.0");
  expect(keyResolver(table, side, async () => PLAIN_READERS, "SHA-256")).toBeUndefined();
});

it("an id is one for a text, whatever the machine", () => {
  expect(stableId("")).toBe(stableId(""));
  expect(
    new Set(["a", "b", "c", "d", "e", "f", "g", "h"].map((text) => stableId(text).charAt(19))).size,
  ).toBeGreaterThan(1);
});
