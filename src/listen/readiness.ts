import type { View } from "../status/watch.ts";

/** A look is taken every few seconds; one that has hung for so long tells nothing any more. */
const OLD_SECONDS = 60;

/**
 * Ready: the run works or stands by, both databases answer, and no group has stopped for good. What is behind, or set aside,
 * makes nobody unready: another process would not be further.
 */
export function readiness(
  view: View | undefined,
  isEnding: boolean,
): { readonly isReady: boolean; readonly why: string } {
  const no = (why: string) => ({ isReady: false, why });
  if (isEnding) return no("stopping");
  if (view === undefined) return no("not looked yet");
  if (view.report.stale || view.ageSeconds > OLD_SECONDS) return no("a server does not answer");
  if (view.report.tables.some(({ stopped }) => stopped !== null)) return no("a group has stopped for good");
  return { isReady: true, why: "ready" };
}
