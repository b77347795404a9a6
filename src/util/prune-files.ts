import { readdirSync, statSync, unlinkSync } from "node:fs";
import { join } from "node:path";

export interface Retention {
  /** A file that was written last before so many days goes. */
  readonly days: number;
  /** Of the files together: the ones that were written last stay. */
  readonly bytes: number;
}

/** Deletes what is too old, or too much, of the files of a folder whose names fit. What cannot be deleted stays. */
export function pruneFiles(folder: string, names: RegExp, { days, bytes }: Retention, nowMs: number): void {
  const files = readdirSync(folder)
    .filter((name) => names.test(name))
    .flatMap((name) => {
      const path = join(folder, name);
      const { mtimeMs, size } = statSync(path, { throwIfNoEntry: false }) ?? {};
      return mtimeMs === undefined || size === undefined ? [] : [{ path, mtimeMs, size }];
    })
    .sort((one, other) => other.mtimeMs - one.mtimeMs);
  let kept = 0;
  for (const { path, mtimeMs, size } of files) {
    if (nowMs - mtimeMs <= days * 86_400_000 && kept + size <= bytes) {
      kept += size;
      continue;
    }
    try {
      unlinkSync(path);
    } catch {
      // Another process was faster, or it is somebody else's.
    }
  }
}
