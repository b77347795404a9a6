import { afterEach, expect, test } from "vitest";
import type { Dialect, LockSession } from "../../../src/contract/dialect.ts";
import { createLockKeeper, type LockKeeper } from "../../../src/run/lock-keeper.ts";
import { waitFor } from "../../support/wait-for.ts";

/** A server that gives locks to sessions, of which tests can take any away. */
function lockServer() {
  const owners = new Map<string, number>();
  const state = { opened: 0, closed: 0, atOnce: 0, most: 0, fails: new Set<string>(), isSilent: false };
  const openLocks = async (): Promise<LockSession> => {
    const id = ++state.opened;
    const statement = async <T>(what: string, work: () => T): Promise<T> => {
      state.atOnce += 1;
      state.most = Math.max(state.most, state.atOnce);
      await Promise.resolve();
      if (state.isSilent) await new Promise(() => undefined);
      state.atOnce -= 1;
      if (state.fails.has(what)) throw new Error(what);
      return work();
    };
    return {
      take: (name) =>
        statement(`take ${name}`, () => {
          if (owners.has(name)) return false;
          owners.set(name, id);
          return true;
        }),
      held: (names) => statement("held", () => new Set(names.filter((name) => owners.get(name) === id))),
      give: (name) => statement("give", () => void owners.delete(name)),
      close: async () => {
        state.closed += 1;
        for (const [name, owner] of owners) if (owner === id) owners.delete(name);
      },
    };
  };
  return { owners, state, side: { dialect: { openLocks } as unknown as Dialect, db: undefined as never } };
}

const keepers: LockKeeper[] = [];
const keep = (server: ReturnType<typeof lockServer>): LockKeeper => {
  const keeper = createLockKeeper(server.side, 5);
  keepers.push(keeper);
  return keeper;
};
afterEach(async () => {
  for (const keeper of keepers.splice(0)) await keeper.close();
});

test("locks of many groups share one connection, which takes one statement at a time", async () => {
  const server = lockServer();
  const keeper = keep(server);
  const names = Array.from({ length: 100 }, (_, i) => `g${i}`);
  const locks = await Promise.all(names.map((name) => keeper.take(name)));
  expect(locks.every((lock) => lock !== undefined)).toBe(true);
  expect(server.state).toMatchObject({ opened: 1, most: 1 });
  await keeper.close();
  expect(server.owners.size).toBe(0);
});

test("what another runner has is not given, nor what this one has already", async () => {
  const server = lockServer();
  const keeper = keep(server);
  server.owners.set("theirs", 99);
  expect(await keeper.take("theirs")).toBeUndefined();
  expect(await keeper.take("ours")).toBeDefined();
  expect(await keeper.take("ours")).toBeUndefined();
});

test("a lock that is given back can be taken by others, and the rest stays", async () => {
  const server = lockServer();
  const [one, other] = [keep(server), keep(server)];
  const lock = await one.take("a");
  await one.take("b");
  await lock?.release();
  expect(await other.take("a")).toBeDefined();
  expect(await other.take("b")).toBeUndefined();
});

test("a lock that the server took away is noticed, and the others are kept", async () => {
  const server = lockServer();
  const keeper = keep(server);
  const [a, b] = [await keeper.take("a"), await keeper.take("b")];
  server.owners.delete("a");
  await waitFor(() => a?.lost.aborted, { what: "the loss to be noticed" });
  expect(b?.lost.aborted).toBe(false);
  // Its owner may take it again, and the old hold on it counts no more.
  const again = await keeper.take("a");
  await a?.release();
  expect(again?.lost.aborted).toBe(false);
  expect(server.owners.has("a")).toBe(true);
});

test("a connection that fails loses all its locks, is closed, and the next lock gets a new one", async () => {
  const server = lockServer();
  const keeper = keep(server);
  const [a, b] = [await keeper.take("a"), await keeper.take("b")];
  server.state.fails.add("held");
  await waitFor(() => a?.lost.aborted && b?.lost.aborted, { what: "the losses to be noticed" });
  server.state.fails.clear();
  await waitFor(() => server.state.closed === 1, { what: "the connection to be closed" });
  expect(await keeper.take("a")).toBeDefined();
  expect(server.state.opened).toBe(2);
});

test("one group's statement that fails takes no lock from the others", async () => {
  const server = lockServer();
  const keeper = keep(server);
  const a = await keeper.take("a");
  server.state.fails.add("take b");
  await expect(keeper.take("b")).rejects.toThrow("take b");
  expect(a?.lost.aborted).toBe(false);
  expect(server.state).toMatchObject({ opened: 1, closed: 0 });
});
