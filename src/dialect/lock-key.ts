import { createHash } from "node:crypto";

/** The name of a lock as a server takes it: 50 characters, however long the name is. */
export function lockKey(name: string): string {
  return `sync-tool:${createHash("sha256").update(name, "utf8").digest("hex").slice(0, 40)}`;
}
