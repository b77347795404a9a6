/** Tables that are not captured, were copied in part, or stand under other names, and rows that a second product sees otherwise. */
import { describe, expect, test } from "vitest";
import { COPY_LETTER, keyDigest } from "../../../src/apply/dead-letter.ts";
import { SyncError } from "../../../src/errors.ts";
import { capturedTables } from "../../../src/verify/captured-tables.ts";
import { comparePair } from "../../support/memory/compare.ts";
import { openPair, type Pair, type PairOptions, PLAIN_ROWS, USERS } from "../../support/memory/pair.ts";

const user = (id: string, name: string | null = id) => ({ ID: id, NAME: name });

/** The target lacks one user of three. */
function lacking(options: PairOptions = {}): Pair {
  const pair = openPair({ schemas: [USERS], ...options });
  pair.seed("USERS", user("1"), user("2"));
  pair.source.db.tables.get("USERS")?.push(user("3"));
  return pair;
}

describe("repair", () => {
  test("needs no checkpoint and no letters where nothing is captured", async () => {
    const pair = lacking();
    for (const [side, name] of [
      [pair.source, "USERS_S"],
      [pair.target, "USERS_SV"],
      [pair.target, "SYNC_DEAD_LETTERS"],
    ] as const)
      side.db.tables.delete(name);
    const { differences } = await comparePair(pair, { repair: { deleteExtra: true } });
    expect(differences.map(({ kind, repaired }) => [kind, repaired])).toEqual([["missing", true]]);
    expect(pair.rows("target", "USERS")).toHaveLength(3);
  });

  test("settles the letter of a row that a copy was refused, and no other", async () => {
    const pair = lacking();
    const letter = (id: string, position: bigint) => ({
      TABLE_NAME: "USERS",
      ROW_KEY_DIGEST: keyDigest([id]),
      SYNC_ID: position.toString(),
    });
    pair.target.db.tables.set("SYNC_DEAD_LETTERS", [
      letter("3", COPY_LETTER),
      letter("2", COPY_LETTER),
      letter("3", 7n),
    ]);
    await comparePair(pair, { repair: { deleteExtra: false } });
    expect(pair.letters()).toEqual([letter("2", COPY_LETTER), letter("3", 7n)]);
  });
});

describe("an empty text", () => {
  const told = async (options: PairOptions) => {
    const pair = openPair({ schemas: [USERS], ...options });
    pair.source.db.tables.set("USERS", [user("1", "")]);
    pair.target.db.tables.set("USERS", [user("1", null)]);
    return (await comparePair(pair)).differences.map(({ kind }) => kind);
  };

  test("is NULL where either side takes it for that", async () => {
    const oneSided = { capabilities: { emptyStringIsNull: true } };
    expect(await told({})).toEqual(["different"]);
    expect(await told({ onSource: oneSided })).toEqual([]);
    expect(await told({ onTarget: oneSided })).toEqual([]);
  });
});

test("an error that is no row's own ends the comparison", async () => {
  const error = new SyncError("GRANT_MISSING", { what: "no right", next: "grant it" });
  const prepare = async () => () => {
    throw error;
  };
  await expect(
    comparePair(lacking(), { rowsFor: () => ({ ...PLAIN_ROWS, isUnchanged: false, prepare }) }),
  ).rejects.toBe(error);
});

test("tables count as captured however the catalogues spell their objects, and only with a journal and a checkpoint", async () => {
  const pair = openPair();
  const named = async (spell: (name: string) => string) => {
    const side = (own: Pair["source"]) => ({
      db: own.db,
      dialect: {
        ...own.dialect,
        introspector: {
          ...own.dialect.introspector,
          objects: async (...args: Parameters<typeof own.dialect.introspector.objects>) =>
            (await own.dialect.introspector.objects(...args)).map((object) => ({
              ...object,
              name: spell(object.name),
            })),
        },
      },
    });
    return [...(await capturedTables(pair.tables, side(pair.source), side(pair.target)))];
  };
  expect(await named((name) => name.toLowerCase())).toEqual(["USERS", "TOKENS"]);
  pair.target.db.tables.delete("USERS_SV");
  expect(await named((name) => name)).toEqual(["TOKENS"]);
  pair.source.db.tables.delete("TOKENS_S");
  expect(await named((name) => name)).toEqual([]);
});
