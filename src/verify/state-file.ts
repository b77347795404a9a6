import { readFile, rename, writeFile } from "node:fs/promises";
import { SyncError } from "../errors.ts";
import { type StateStore, stateFromText, stateToText } from "./progress-state.ts";

/** A state kept in a file, replaced as a whole. A file that is not there, or none of ours, counts as no state. */
export function stateFile(path: string): StateStore {
  return {
    async load() {
      try {
        return stateFromText(await readFile(path, "utf8"));
      } catch (error) {
        if ((error as { code?: unknown }).code === "ENOENT") return undefined;
        throw unusable(path, error);
      }
    },
    async save(state) {
      try {
        await writeFile(`${path}.new`, stateToText(state), { mode: 0o600 });
        await rename(`${path}.new`, path);
      } catch (error) {
        throw unusable(path, error);
      }
    },
  };
}

function unusable(path: string, cause: unknown): SyncError {
  return new SyncError("USAGE_INVALID", {
    what: `The file of --state, ${path}, cannot be read or written (${String((cause as { code?: unknown }).code)})`,
    next: "Name a file in a folder that exists and may be written",
    cause,
  });
}
