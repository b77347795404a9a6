import { createHash } from "node:crypto";
import type { Key } from "../contract/change.ts";
import type { Value } from "../row.ts";

/** A row's key for reports: column name to value, or to a digest where the value itself is a secret. */
export type KeyLabel = Readonly<Record<string, string | null>>;

interface NamedColumn {
  /** Upper case. */
  readonly name: string;
}

/**
 * Columns whose values give access to something. TOKEN_ID and CODE_ID only name a row and are not among them; the
 * tables of 5.0.0 have the tokens themselves as keys.
 */
const SECRET = /(TOKEN|CODE|SECRET|PASSWORD|SESSION_ID|NONCE|VERIFIER|OTP)$|^CONSUMER_KEY$|_HASH$/;

/** Whether a key of these columns must not be written anywhere. */
export function isSecretKey(columns: readonly NamedColumn[]): boolean {
  return columns.some(({ name }) => SECRET.test(name));
}

export function keyLabel(columns: readonly NamedColumn[], key: Key): KeyLabel {
  return Object.fromEntries(columns.map(({ name }, i) => [name, label(name, key[i] ?? null)]));
}

function label(name: string, value: Value): string | null {
  if (value === null) return null;
  if (SECRET.test(name)) return `sha256:${createHash("sha256").update(value).digest("hex").slice(0, 16)}`;
  return value instanceof Uint8Array ? `0x${Buffer.from(value).toString("hex")}` : value;
}

/** `TOKEN_ID=42 TOKEN_SCOPE=openid`, control characters escaped. */
export function keyText(label: KeyLabel): string {
  return Object.entries(label)
    .map(([name, value]) => `${name}=${value === null ? "NULL" : JSON.stringify(value).slice(1, -1)}`)
    .join(" ");
}
