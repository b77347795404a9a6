/**
 * Kills the process, as `kill -9` would, at a named place: only when the environment asks for it. The tests of
 * crash safety set SYNC_TOOL_FAILPOINT to `name` or `name:n` (the n-th time, from 1).
 */
export function failpoint(name: string): void {
  const wanted = process.env["SYNC_TOOL_FAILPOINT"];
  if (wanted === undefined) return;
  const [place, nth = "1"] = wanted.split(":");
  if (place !== name) return;
  const hits = (counts.get(name) ?? 0) + 1;
  counts.set(name, hits);
  if (hits === Number(nth)) process.kill(process.pid, "SIGKILL");
}

const counts = new Map<string, number>();
