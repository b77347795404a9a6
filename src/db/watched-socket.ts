import { Socket } from "node:net";

/** Silence after which a connection counts as dead, unless the URL sets a socket timeout. */
export const DEFAULT_SILENCE_MS = 60_000;

/** No shorter than this: a lock's connection, idle between two checks of the lock, must not count as dead. */
const MIN_SILENCE_MS = 3_000;

/**
 * A socket that ends when nothing moves on it for so long, whether a statement is under way or not. A connection whose
 * other end has vanished without a word looks alive to TCP for hours; every statement on it would wait that long.
 */
export function watchedSocket(silenceMs: number, cut?: AbortSignal): Socket {
  const socket = new Socket();
  endWhenSilent(socket, silenceMs);
  endWhenCut(socket, cut);
  return socket;
}

/** Ends a socket as soon as the signal is aborted, whatever is under way on it. */
export function endWhenCut(socket: Socket, cut: AbortSignal | undefined): void {
  if (cut === undefined) return;
  const end = (): void => {
    socket.destroy(Object.assign(new Error("the connection was given up"), { code: "ETIMEDOUT" }));
  };
  // Not at once: whoever made the socket has yet to listen to it.
  if (cut.aborted) setImmediate(end);
  cut.addEventListener("abort", end, { once: true });
  socket.once("close", () => cut.removeEventListener("abort", end));
}

/** The same for a socket that a driver has opened. */
export function endWhenSilent(socket: Socket, silenceMs: number): void {
  socket.setKeepAlive(true, 10_000);
  socket.setTimeout(Math.max(MIN_SILENCE_MS, silenceMs), () => {
    socket.destroy(Object.assign(new Error("the connection fell silent"), { code: "ETIMEDOUT" }));
  });
}
