import { EXIT } from "../../errors.ts";
import { createLook } from "../../run/status-look.ts";
import { type Look, timeToDrain } from "../../status/time-to-drain.ts";
import { monotonic } from "../../util/monotonic.ts";
import { sleep } from "../../util/sleep.ts";
import { withContext } from "../context.ts";
import type { CommonFlags } from "../flags.ts";
import { isOutClosed, writeJson, writeOut } from "../output.ts";
import { formatStatus } from "../status-text.ts";

export interface StatusFlags extends CommonFlags {
  readonly json?: true;
  readonly watch?: true;
}

const WATCH_MS = 2_000;
/** The rate is that of the last twenty seconds. */
const RATE_LOOKS = 10;
const CLEAR_SCREEN = "\u001b[H\u001b[2J";

/**
 * Prints where every table stands, once or (`--watch`) every two seconds until stopped. Exit 0 whatever it says. While a server
 * does not answer, a watch shows what it saw last, as such: never that it is safe to switch.
 */
export async function status(flags: StatusFlags, signal: AbortSignal): Promise<number> {
  return await withContext(flags, signal, async (context) => {
    const schemas = await context.openSchemas({ beforeRestore: true, quiet: true });
    const look = createLook({
      schemas,
      hasWayBack: context.config.wayBack === true,
      isDecided: true,
      signal: context.deadlineOrStop,
    });
    const looks: Look[] = [];
    for (;;) {
      const report = await look(looks.at(-1));
      const now = { atMs: monotonic(), report };
      if (flags.watch && !flags.json && process.stdout.isTTY) writeOut(CLEAR_SCREEN);
      if (flags.json) writeJson(report);
      else {
        const before = looks[0] ?? now;
        writeOut(formatStatus(report, (table) => timeToDrain(before, now, table), process.stdout.columns));
      }
      if (!flags.watch || signal.aborted) return EXIT.ok;
      if (!report.stale) looks.push(now);
      if (looks.length > RATE_LOOKS) looks.shift();
      await sleep(WATCH_MS, signal);
      if (signal.aborted || isOutClosed()) return EXIT.ok;
    }
  });
}
