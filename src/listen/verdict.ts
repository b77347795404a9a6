import type { StatusReport } from "../status/status.ts";
import { whole } from "../util/whole.ts";

/** What the operator wants to know first, in a few words. */
export interface VerdictWords {
  readonly text: string;
  readonly tone: "good" | "busy" | "bad";
}

export function verdictOf(report: StatusReport | undefined): VerdictWords {
  if (report === undefined) return { text: "Starting: not looked yet", tone: "busy" };
  const { stale, safeToSwitch, tables, reasons, direction } = report;
  if (stale) return { text: "Not known: a server does not answer", tone: "bad" };
  const to = direction === "forward" ? "green" : "blue";
  if (safeToSwitch) return { text: `${to} has everything: safe to switch`, tone: "good" };
  if (tables.some(({ stopped }) => stopped !== null))
    return { text: "Stopped: a person has to mend something", tone: "bad" };
  if (tables.some(({ captured, gap }) => !captured || gap !== null))
    return { text: "Changes may be missing: not safe to switch", tone: "bad" };
  const letters = tables.reduce((sum, { deadLetters }) => sum + deadLetters, 0);
  if (letters > 0) return { text: `Not safe to switch: ${whole(letters)} dead letters`, tone: "bad" };
  const pending = tables.reduce((sum, one) => sum + (one.pending ?? 0), 0);
  const about = tables.some(({ pendingIsEstimate }) => pendingIsEstimate) ? "about " : "";
  if (pending > 0)
    return { text: `Not safe to switch yet: ${about}${whole(pending)} changes pending`, tone: "busy" };
  return { text: `Not safe to switch yet: ${reasons.length} reasons`, tone: "busy" };
}
