import type { Dialect, LockSession } from "../contract/dialect.ts";
import type { Database } from "../db/database.ts";
import { sleep } from "../util/sleep.ts";

/** A lock whose loss is noticed while it is held. */
export interface KeptLock {
  /** Aborted when the server no longer holds the lock for us. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/** All locks of a run on the target, on one connection: however many groups there are, the pool keeps its others. */
export interface LockKeeper {
  /** Undefined when another runner has it. */
  take(name: string): Promise<KeptLock | undefined>;
  /** Gives all back and ends the connection. */
  close(): Promise<void>;
}

/** Also keeps the connection from falling silent, which would end it (see watched-socket.ts). */
const CHECK_MS = 1_000;
/** A server that does not answer in this time is not waited for: ending the connection frees the lock as well. */
const GIVE_MS = 3_000;

/** A connection with locks, and the line of those who want to use it: it takes one statement at a time. */
interface Line {
  readonly open: Promise<LockSession>;
  last: Promise<unknown>;
}

export function createLockKeeper(
  { dialect, db }: { readonly dialect: Dialect; readonly db: Database },
  checkMs = CHECK_MS,
): LockKeeper {
  const kept = new Map<string, AbortController>();
  let line: Line | undefined;

  function lose(names: readonly string[]): void {
    for (const name of names) {
      kept.get(name)?.abort();
      kept.delete(name);
    }
  }

  /** After a failure nobody knows what a connection still holds: it is ended, which makes sure that it is nothing. */
  async function abandon(broken: Line): Promise<void> {
    if (line === broken) {
      line = undefined;
      lose([...kept.keys()]);
    }
    await (await broken.open.catch(() => undefined))?.close().catch(() => undefined);
  }

  async function loseThoseGone(open: LockSession): Promise<void> {
    const names = [...kept.keys()];
    const held = await open.held(names);
    lose(names.filter((name) => !held.has(name)));
  }

  /** One group's statement that fails takes no lock from the others, as long as the connection still tells of them. */
  async function attempt<T>(own: Line, work: (session: LockSession) => Promise<T>): Promise<T> {
    try {
      return await work(await own.open);
    } catch (error) {
      const isWell = await own.open.then(loseThoseGone).then(
        () => kept.size > 0,
        () => false,
      );
      if (!isWell) void abandon(own);
      throw error;
    }
  }

  function inLine<T>(work: (session: LockSession) => Promise<T>): { readonly own: Line; result: Promise<T> } {
    line ??= { open: dialect.openLocks(db), last: Promise.resolve() };
    const own = line;
    const result = own.last.then(() => attempt(own, work));
    own.last = result.catch(() => undefined);
    return { own, result };
  }

  async function giveBack(name: string, lost: AbortController): Promise<void> {
    if (kept.get(name) !== lost) return;
    kept.delete(name);
    const { own, result } = inLine((session) => session.give(name));
    const isOver = new AbortController();
    const given = result.finally(() => isOver.abort());
    const isSilent = await Promise.race([
      given.then(() => false),
      sleep(GIVE_MS, isOver.signal).then(() => true),
    ]);
    if (isSilent && !isOver.signal.aborted) void abandon(own);
  }

  let isChecking = false;
  const timer = setInterval(() => {
    if (isChecking || kept.size === 0) return;
    isChecking = true;
    inLine(loseThoseGone)
      .result.catch(() => undefined)
      .finally(() => {
        isChecking = false;
      });
  }, checkMs);

  return {
    async take(name) {
      if (kept.has(name)) return undefined;
      if (!(await inLine((session) => session.take(name)).result)) return undefined;
      const lost = new AbortController();
      kept.set(name, lost);
      return { lost: lost.signal, release: () => giveBack(name, lost) };
    },
    async close() {
      clearInterval(timer);
      if (line !== undefined) await abandon(line);
    },
  };
}
