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

const SIDE_TABLES = "IDN_OIDC_REQ_OBJECT_REFERENCE,IDN_OIDC_REQ_OBJECT_CLAIMS,IDN_OIDC_REQ_OBJ_CLAIM_VALUES";

/** What is said of tokens from 5.5.0 on that are synced without the tables of request objects. */
export const requestObjectsWarning = (owners: string, syncTables: string): string =>
  `syncTables: ${owners} without ${SIDE_TABLES.replaceAll(",", ", ")}: claims asked for by request objects will be missing on the ` +
  `target (only where clients send request objects); to sync them: syncTables=${syncTables},${SIDE_TABLES}`;

/** For the properties that are right (GOOD_PROPERTIES). */
export const GOOD_WARNING = `conf/sync.properties:3: ${requestObjectsWarning("IDN_OAUTH2_ACCESS_TOKEN", "IDN_OAUTH2_ACCESS_TOKEN,IDN_OAUTH2_ACCESS_TOKEN_SCOPE")}`;
