import type { ResultRow } from "../../db/database.ts";
import type { Finding } from "../fact.ts";

export const text = (row: ResultRow | undefined, column: string): string => String(row?.[column] ?? "");
export const ok = (found: string, wanted: string): Finding => ({ status: "ok", found, wanted });

/** A list of placeholders, never empty. */
export const listOf = (names: readonly string[]): { readonly marks: string; readonly params: string[] } => {
  const params = names.length === 0 ? ["-"] : [...names];
  return { marks: params.map(() => "?").join(", "), params };
};
