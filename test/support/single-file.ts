import { execFile } from "node:child_process";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const ROOT = join(import.meta.dirname, "../..");
let made: Promise<string> | undefined;

/** Makes the single file, once for a test file, and puts a copy of it into a folder; gives its name there. */
export async function putSingleFile(folder: string): Promise<string> {
  made ??= promisify(execFile)("npm", ["run", "--silent", "package"], { cwd: ROOT }).then(({ stdout }) =>
    stdout.trim(),
  );
  const name = "sync-tool";
  await copyFile(await made, join(folder, name));
  return name;
}
