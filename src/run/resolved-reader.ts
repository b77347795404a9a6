import type { JournalReader } from "../journal/reader.ts";
import type { ResolveKeys } from "../transform/resolve-keys.ts";

/** A reader whose changes have the target's key; the same reader where they have it anyway. */
export function resolvedReader(reader: JournalReader, resolveKeys: ResolveKeys | undefined): JournalReader {
  if (resolveKeys === undefined) return reader;
  return {
    ...reader,
    async read(after, limit, upTo) {
      const batch = await reader.read(after, limit, upTo);
      return { ...batch, changes: await resolveKeys(batch.changes) };
    },
    at: async (positions) => await resolveKeys(await reader.at(positions)),
  };
}
