import type { Finding } from "../contract/fact.ts";
import type { ResultRow } from "../db/database.ts";

/** A column of an answer as text; empty when there is none. */
export const text = (row: ResultRow | undefined, column: string): string => String(row?.[column] ?? "");

export const ok = (found: string, wanted: string): Finding => ({ status: "ok", found, wanted });
