import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface ConfigFolder {
  readonly path: string;
  readonly configFile: string;
  readonly deploymentFile: string;
  /** Text without the folder's own path, so that expectations can be literal: `conf/sync.properties`. */
  shorten(text: string): string;
  remove(): Promise<void>;
}

/** A temporary folder with these files; null or undefined: no such file. */
export async function configFolder(files: {
  readonly properties?: string | Uint8Array | null;
  readonly toml?: string | null;
  readonly dotenv?: string | undefined;
}): Promise<ConfigFolder> {
  const path = await mkdtemp(join(tmpdir(), "sync-tool-config-"));
  const names = { properties: "sync.properties", toml: "deployment.toml", dotenv: ".env" };
  for (const [kind, name] of Object.entries(names)) {
    const content = files[kind as keyof typeof names];
    if (content !== undefined && content !== null) await writeFile(join(path, name), content);
  }
  return {
    path,
    configFile: join(path, "sync.properties"),
    deploymentFile: join(path, "deployment.toml"),
    shorten: (text) => text.replaceAll(path, "conf"),
    remove: () => rm(path, { recursive: true }),
  };
}
