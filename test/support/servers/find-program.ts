import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Looks a program up in PATH and in the folders where Debian keeps servers. */
export function findProgram(...names: readonly string[]): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin", "/sbin"];
  for (const name of names) {
    for (const folder of folders.filter(Boolean)) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {
        // Not here.
      }
    }
  }
  return undefined;
}
