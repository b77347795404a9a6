import { expect, test } from "vitest";
import type { Database } from "../../../src/db/database.ts";
import { oneAtATime } from "../../../src/db/one-at-a-time.ts";

test("sends one statement at a time, none after the end, and waits for the one that is under way", async () => {
  const ends: (() => void)[] = [];
  const sent: string[] = [];
  const db = {
    query: (sql: string) => {
      sent.push(sql);
      return new Promise((resolve) => ends.push(() => resolve([])));
    },
  } as unknown as Database;
  const ended = new AbortController();
  const one = oneAtATime(db, ended.signal);
  const [first, second, third] = ["a", "b", "c"].map((sql) => one.db.query(sql));
  await new Promise((resolve) => setImmediate(resolve));
  expect(sent).toEqual(["a"]);
  ends[0]?.();
  await first;
  await new Promise((resolve) => setImmediate(resolve));
  expect(sent).toEqual(["a", "b"]);
  ended.abort();
  let isSettled = false;
  const settled = one.settled().then(() => {
    isSettled = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(isSettled).toBe(false);
  const refused = expect(third).rejects.toThrow();
  ends[1]?.();
  await second;
  await refused;
  await settled;
  await expect(one.db.query("d")).rejects.toThrow();
  expect(sent).toEqual(["a", "b"]);
});
