/** A row whose parent became visible only after the row had been read: it waits, and what is before it does not. */
import { expect, test } from "vitest";
import { openPair, type Pair, run } from "../../support/memory/pair.ts";

const user = (id: string) => ({ ID: id, NAME: id });
const token = (id: string, userId: string) => ({ ID: id, USER_ID: userId, VALUE: id });

/** Tokens "a" to "d", all of them read; then, while they are written, the user of the second one comes. */
function open(): Pair {
  const pair = openPair();
  pair.seed("USERS", user("there"));
  for (const [id, of] of ["there", "late", "there", "there"].entries())
    pair.write("TOKENS", "INSERT", token("abcd".charAt(id), of));
  const { transaction } = pair.target.db;
  let isLate = true;
  Object.assign(pair.target.db, {
    transaction: (work: Parameters<typeof transaction>[0]) => {
      if (isLate) pair.write("USERS", "INSERT", user("late"));
      isLate = false;
      return transaction(work);
    },
  });
  return pair;
}
const tokens = (pair: Pair) =>
  pair
    .rows("target", "TOKENS")
    .map(({ ID }) => ID)
    .sort();

test.each([1, 2, 100])(
  "the first pass ends before it, the next one brings it, in batches of %i",
  async (batchSize) => {
    const pair = open();
    const passes: unknown[] = [];
    const look = async (): Promise<void> => {
      passes.push([tokens(pair), pair.positions("TOKENS")]);
    };
    const { told, error } = await run(pair, { until: "one pass", batchSize, look });
    expect(error).toBeUndefined();
    expect(passes).toEqual([
      [[], ["0"]],
      [["a"], ["1"]],
    ]);
    expect([tokens(pair), pair.positions("TOKENS"), pair.letters()]).toEqual([
      ["a", "b", "c", "d"],
      ["4"],
      [],
    ]);
    expect(told.filter(([name]) => name === "deadLetter" || name === "retrying")).toEqual([]);
  },
);

test("a run waits for it, in one lane or in several, and loses and repeats nothing", async () => {
  for (const parallelism of [1, 3]) {
    const pair = open();
    const { error, told } = await run(pair, { parallelism });
    expect(error).toBeUndefined();
    expect([tokens(pair), pair.letters()]).toEqual([["a", "b", "c", "d"], []]);
    expect(new Set(pair.positions("TOKENS"))).toEqual(new Set(["4"]));
    expect(told.filter(([name]) => name === "deadLetter")).toEqual([]);
  }
});

test("a letter that waits for its parent stays the letter that it is, and holds nobody up", async () => {
  const pair = openPair();
  pair.write("USERS", "INSERT", { ID: "1", NAME: "poison" });
  pair.write("TOKENS", "INSERT", token("a", "1"));
  pair.write("TOKENS", "INSERT", token("b", "1"));
  await run(pair);
  const before = pair.letters().map((one) => `${one["TABLE_NAME"]} ${one["SYNC_ID"]}`);
  expect(before).toEqual(["USERS 1", "TOKENS 1", "TOKENS 2"]);
  pair.target.server.refused = [];
  pair.write("USERS", "INSERT", user("2"));
  pair.write("TOKENS", "INSERT", token("c", "2"));
  expect((await run(pair)).error).toBeUndefined();
  expect([tokens(pair), pair.letters()]).toEqual([["a", "b", "c"], []]);
});
