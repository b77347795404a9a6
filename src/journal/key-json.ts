import type { Key } from "../contract/change.ts";

/** A key as JSON keeps it: bytes become `{"hex": "..."}`. */
export const keyToJson = (key: Key): readonly unknown[] =>
  key.map((value) => (value instanceof Uint8Array ? { hex: Buffer.from(value).toString("hex") } : value));

export const keyFromJson = (key: readonly unknown[]): Key =>
  (key as readonly (string | null | { readonly hex: string })[]).map((value) =>
    typeof value === "object" && value !== null ? Buffer.from(value.hex, "hex") : value,
  );
