import type { Lock } from "../dialect/dialect.ts";

/** A lock whose loss is noticed while it is held. */
export interface WatchedLock {
  /** Aborted when the server no longer holds the lock for us. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/** Also keeps the lock's connection from falling silent, which would end it (see watched-socket.ts). */
const CHECK_MS = 1_000;

export function watchLock(lock: Lock, checkMs = CHECK_MS): WatchedLock {
  const lost = new AbortController();
  let isChecking = false;
  const check = async (): Promise<void> => {
    if (isChecking) return;
    isChecking = true;
    const isHeld = await lock.isHeld().catch(() => false);
    isChecking = false;
    if (!isHeld) lost.abort();
  };
  const timer = setInterval(() => void check(), checkMs);
  return {
    lost: lost.signal,
    release: async () => {
      clearInterval(timer);
      await lock.release();
    },
  };
}
