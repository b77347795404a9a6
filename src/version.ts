import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Put in by whoever bundles everything into one file: there is no package.json then. */
declare const BUNDLED_VERSION: string | undefined;

/** The version of sync-tool. package.json stands one folder up, from src as from dist. */
export function readVersion(): string {
  if (typeof BUNDLED_VERSION === "string") return BUNDLED_VERSION;
  const file = join(import.meta.dirname, "../package.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
