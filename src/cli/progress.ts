import { hostname } from "node:os";
import type { Watch } from "../status/watch.ts";
import type { Terminal } from "./context.ts";
import { runScreen } from "./run-screen.ts";

const REDRAW_MS = 1_000;

/** Shows at the bottom of a terminal what a watch sees, until closed; nothing when stderr is no terminal. */
export function openProgress(
  terminal: Pick<Terminal, "isTerminal" | "showProgress">,
  watch: Watch,
): { close(): void } {
  if (!terminal.isTerminal) return { close: () => undefined };
  const self = { host: hostname(), pid: process.pid };
  const draw = (): void => {
    const { columns = 80, rows = 24 } = process.stderr;
    terminal.showProgress(runScreen(watch.view(), { width: columns, height: rows, self }).join("\n"));
  };
  const forget = watch.onLook(draw);
  const timer = setInterval(draw, REDRAW_MS);
  return {
    close() {
      forget();
      clearInterval(timer);
      terminal.showProgress("");
    },
  };
}
