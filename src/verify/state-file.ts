import { randomUUID } from "node:crypto";
import { readFile, rename, unlink, writeFile } from "node:fs/promises";
import { SyncError } from "../errors.ts";
import { type StateStore, stateFromJson, stateToJson, type VerifyState } from "./progress-state.ts";

/** One file for the comparisons of all schemas. */
export interface StateFile {
  store(schema: string): StateStore;
}

const IS = "sync-tool verify --state";
const VERSION = 1;

interface Content {
  readonly is: string;
  readonly version: number;
  readonly schemas: Readonly<Record<string, unknown>>;
}

/**
 * Opens a file of states, or one to be made: it is written with the first state, and replaced as a whole each time.
 * Throws USAGE_INVALID for a file that is there and is none of ours, so that it is never overwritten; an empty one, as
 * `mktemp` makes it, holds nothing to lose.
 */
export async function openStateFile(path: string): Promise<StateFile> {
  const schemas = new Map<string, VerifyState>();
  for (const [name, value] of Object.entries((await readContent(path))?.schemas ?? {})) {
    const state = stateFromJson(value);
    if (state === undefined) throw notOurs(path);
    schemas.set(name, state);
  }
  return {
    store: (schema) => ({
      load: async () => schemas.get(schema),
      async save(state) {
        schemas.set(schema, state);
        const all = [...schemas].map(([name, one]) => [name, stateToJson(one)]);
        const content: Content = { is: IS, version: VERSION, schemas: Object.fromEntries(all) };
        await replace(path, `${JSON.stringify(content, undefined, 2)}\n`);
      },
    }),
  };
}

async function readContent(path: string): Promise<Content | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return undefined;
    throw unusable(path, error);
  }
  if (text.trim() === "") return undefined;
  try {
    const content = JSON.parse(text) as Content;
    if (content.is === IS && content.version === VERSION && typeof content.schemas === "object")
      return content;
  } catch {
    // No JSON, or null: told below.
  }
  throw notOurs(path);
}

/** Under a name that nobody has, then in the file's place: whoever is killed in between leaves the old one. */
async function replace(path: string, text: string): Promise<void> {
  const fresh = `${path}.${randomUUID()}`;
  try {
    await writeFile(fresh, text, { mode: 0o600, flag: "wx" });
    await rename(fresh, path);
  } catch (error) {
    await unlink(fresh).catch(() => undefined);
    throw unusable(path, error);
  }
}

function notOurs(path: string): SyncError {
  return new SyncError("USAGE_INVALID", {
    what: `The file of --state, ${path}, is there and holds no state that this version of verify wrote: it would be overwritten`,
    next: "Name another file, one that does not exist; or delete this one if it may go",
  });
}

function unusable(path: string, cause: unknown): SyncError {
  return new SyncError("USAGE_INVALID", {
    what: `The file of --state, ${path}, cannot be read or written (${String((cause as { code?: unknown }).code)})`,
    next: "Name a file in a folder that exists and may be written",
    cause,
  });
}
