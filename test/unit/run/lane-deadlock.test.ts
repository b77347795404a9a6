/** Lanes that write side by side may get into each other's way: that is no reason to begin the group again. */
import { expect, test } from "vitest";
import { MemoryError } from "../../support/memory/database.ts";
import { openPair, type Pair, run } from "../../support/memory/pair.ts";

/** Sixty new users, of whom one takes so many transactions to be written. */
function open(
  kind: "transient" | "connection",
  times: number,
): { readonly pair: Pair; readonly left: () => number } {
  const pair = openPair();
  for (let n = 0; n < 60; n++) pair.write("USERS", "INSERT", { ID: `${n}`, NAME: `user ${n}` });
  let left = times;
  const { writeRows } = pair.target.dialect;
  Object.assign(pair.target.dialect, {
    writeRows: async (...write: Parameters<typeof writeRows>) => {
      if (left > 0 && write[2].some((row) => row["ID"] === "7")) {
        left -= 1;
        pair.target.db.onStatement = () => {
          pair.target.db.onStatement = undefined;
          throw new MemoryError(kind);
        };
      }
      await writeRows(...write);
    },
  });
  return { pair, left: () => left };
}
const restarts = async (pair: Pair, parallelism: number): Promise<number> => {
  const { told, error } = await run(pair, { parallelism, batchSize: 5 });
  expect(error).toBeUndefined();
  expect(pair.rows("target", "USERS")).toHaveLength(60);
  expect(pair.letters()).toEqual([]);
  return told.filter(([event]) => event === "retrying").length;
};

test("a lane that was ended for a deadlock writes its part once more, and nothing begins again", async () => {
  const { pair, left } = open("transient", 1);
  expect([await restarts(pair, 3), left()]).toEqual([0, 0]);
});

test.each([
  ["a deadlock that comes again at once", "transient", 2, 3],
  ["a deadlock without other lanes, which is another's doing", "transient", 1, 1],
  ["a lost connection", "connection", 1, 3],
] as const)("%s lets the group begin again, and all is written", async (_, kind, times, parallelism) => {
  const { pair, left } = open(kind, times);
  expect([await restarts(pair, parallelism), left()]).toEqual([1, 0]);
});
