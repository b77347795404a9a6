/** A terminal as somebody sees it: tmux keeps the screen that a command has drawn. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { waitFor } from "./wait-for.ts";

const ENTRY = join(import.meta.dirname, "../../bin/sync-tool.js");
const call = promisify(execFile);
/** What the shell says when the command has ended. */
const ENDED = /^exit (\d+)$/m;

export interface TmuxTerminal {
  readonly columns: number;
  /** What is on the screen now, blank lines left out. Throws where a line went on below, or was cut inside a number. */
  screen(): Promise<string>;
  /** Waits until the screen shows it, and gives the screen. */
  shows(words: string | RegExp): Promise<string>;
  /** The exit code, once the command has ended. */
  exitCode(): Promise<number>;
  /** Presses Ctrl-C. */
  interrupt(): Promise<void>;
  close(): Promise<void>;
}

/** Runs `sync-tool` with these arguments in this folder, on a terminal of its own. */
export async function openTmux(
  cwd: string,
  args: readonly string[],
  [columns, rows]: readonly [columns: number, rows: number],
): Promise<TmuxTerminal> {
  const folder = await mkdtemp(join(tmpdir(), "sync-tool-tmux-"));
  const tmux = async (...words: readonly string[]): Promise<string> =>
    (await call("tmux", ["-S", join(folder, "socket"), "-f", "/dev/null", ...words])).stdout;
  const command = [process.execPath, ENTRY, ...args].map((word) => `'${word}'`).join(" ");
  // The screen stays until it was looked at.
  const shell = `${command}; echo "exit $?"; exec cat`;
  await tmux("new-session", "-d", "-c", cwd, "-x", `${columns}`, "-y", `${rows}`, shell);
  const lines = async (...flags: readonly string[]): Promise<readonly string[]> =>
    (await tmux("capture-pane", "-p", ...flags))
      .split("\n")
      .map((line) => line.trimEnd())
      .filter((line) => line !== "");
  const capture = async (): Promise<string> => {
    for (;;) {
      const [before, joined, after] = [await lines(), await lines("-J"), await lines()];
      // It is drawn while it is looked at.
      if (before.join("\n") !== after.join("\n")) continue;
      // Joined is what went on in the line below.
      if (joined.join("\n") !== before.join("\n")) throw new Error(`a line wraps:\n${before.join("\n")}`);
      return before.join("\n");
    }
  };
  let last = "";
  const shows = async (words: string | RegExp): Promise<string> => {
    const isThere = (text: string): boolean =>
      typeof words === "string" ? text.includes(words) : words.test(text);
    return await waitFor(
      async () => {
        last = await capture();
        return isThere(last) ? last : undefined;
      },
      {
        what: `${words} on the screen of ${args.join(" ")}`,
        timeoutMs: 60_000,
        pollMs: 100,
        facts: () => last,
      },
    );
  };
  return {
    columns,
    screen: capture,
    shows,
    exitCode: async () => Number(ENDED.exec(await shows(ENDED))?.[1]),
    interrupt: async () => void (await tmux("send-keys", "C-c")),
    async close() {
      await tmux("kill-server").catch(() => undefined);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
