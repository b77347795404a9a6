/** The token that whoever comes from another machine has to show. */
import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { SyncError } from "../errors.ts";
import type { Address } from "./address.ts";

const LEAST = 16;
/** Anything longer is some other file. */
const MOST = 1_000;

/** Reads the file of --listen-token-file. Throws USAGE_INVALID, also where an address that others reach has none. */
export function readToken(file: string | undefined, { isLoopback }: Address): string | undefined {
  if (file === undefined) {
    if (isLoopback) return undefined;
    throw new SyncError("USAGE_INVALID", {
      what: "--listen names an address that other machines reach, without a token",
      next: "Give --listen-token-file FILE with a secret of 16 characters or more, or listen on 127.0.0.1",
    });
  }
  const token = readText(file).trim();
  if (token.length >= LEAST && token.length <= MOST && /^[!-~]+$/.test(token)) return token;
  throw new SyncError("USAGE_INVALID", {
    what: `The file of --listen-token-file holds no token: ${token.length} characters`,
    next: "Put one line of 16 to 1000 letters, digits and signs into it, e.g. of `openssl rand -hex 32`",
  });
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new SyncError("USAGE_INVALID", {
      what: `The file of --listen-token-file cannot be read: ${(error as NodeJS.ErrnoException).code ?? "unknown reason"}`,
      next: "Name a file that the user of sync-tool can read",
    });
  }
}

/** Whether an Authorization header shows the token: as Bearer, or, for browsers, as the password of Basic, whatever the name. */
export function showsToken(header: string | undefined, token: string): boolean {
  const [scheme = "", given = ""] = (header ?? "").split(" ");
  if (/^bearer$/i.test(scheme)) return isSame(given, token);
  if (!/^basic$/i.test(scheme)) return false;
  const pair = Buffer.from(given, "base64").toString("utf8");
  return isSame(pair.slice(pair.indexOf(":") + 1), token);
}

/** In a time that tells nothing of how much of it was right. */
function isSame(given: string, token: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}
