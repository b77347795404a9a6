import { readCheckpoint } from "../checkpoint/checkpoint.ts";
import { type Change, type Key, leavesRow, type Position } from "../contract/change.ts";
import { journalAfter } from "../journal/journal-after.ts";
import { exactKey } from "../journal/key-equality.ts";
import { keyOf } from "../journal/net.ts";
import type { ComparisonOptions } from "./comparison-options.ts";
import { createIdSet, type IdSet } from "./id-set.ts";
import { keyIn, type RowSet, readRange } from "./read-rows.ts";
import { asChange } from "./row-comparison.ts";

/**
 * Which ids of a rekeyed table's target belong to rows of the source. A source cannot be asked for an id, nor for the
 * token behind it (the target may hold a hash of it): so its tokens are read once, and its journal says what came since.
 */
export interface SourceIds {
  /** Reads the tokens of the whole source. */
  scan(options: ScanOptions): Promise<void>;
  /**
   * Those of the ids that the source has no row for. `applied`: a checkpoint read before; the journal up to it need not
   * be read again.
   */
  lacking(ids: readonly Key[], applied?: Position): Promise<readonly Key[]>;
  /** Why an id that seems to lack its row may have one all the same. */
  readonly doubt: string | undefined;
}

export interface ScanOptions {
  readonly pageSize: number;
  /** Told how many rows of the source were read; may wait. */
  readonly spend: (rows: number) => Promise<void>;
  readonly signal: AbortSignal;
}

const PAGE = 1_000;
const UNREADABLE = "a token of the source cannot be read, and this row may be its own";
const NOT_CAPTURED = "changes of the table are not captured, so that the row may be of a login since";

/** `tokens`: the source's key columns alone. */
export function createSourceIds(options: ComparisonOptions, tokens: RowSet): SourceIds {
  const { table, source, target, rows, isCaptured } = options;
  let ids: IdSet | undefined;
  /** What the journal says of ids, later than the scan. */
  const changed = new Map<string, boolean>();
  let since: Position = 0n;
  let isUnreadable = false;

  async function resolve(changes: readonly Change[]): Promise<readonly { change: Change; id: Key }[]> {
    const resolved = (await rows.resolveKeys?.(changes)) ?? changes;
    isUnreadable ||= resolved.some(({ keyFailure }) => keyFailure !== undefined);
    return resolved.map((change) => ({ change, id: keyOf(table.key, change) }));
  }

  async function scan({ pageSize, spend, signal }: ScanOptions): Promise<void> {
    const found = createIdSet();
    isUnreadable = false;
    changed.clear();
    for (let after: Key | undefined; !signal.aborted; ) {
      const page = await readRange(tokens, after, pageSize);
      for (const { id } of await resolve(page.map(asChange))) found.add(id);
      await spend(page.length);
      const last = page.at(-1);
      if (last === undefined || page.length < pageSize) break;
      after = keyIn(tokens, last);
    }
    ids = found;
  }

  /** False when changes were purged that were not read. */
  async function follow(): Promise<boolean> {
    for await (const changes of journalAfter(source, table, since)) {
      const purged = changes.find(({ action }) => action === "PURGE");
      if (purged !== undefined) {
        since = purged.position;
        return false;
      }
      for (const { change, id } of await resolve(changes)) changed.set(exactKey(id), leavesRow(change));
    }
    return true;
  }

  return {
    async scan(how) {
      // Before the first row is read: what the scan cannot see has a higher position.
      const checkpoint = isCaptured
        ? await readCheckpoint(target.db, target.dialect, table.targetNames.checkpoint)
        : undefined;
      since = checkpoint?.position ?? 0n;
      await scan(how);
    },
    async lacking(keys, applied = 0n) {
      // Up to a purge mark all is applied, hence committed: a new scan sees it.
      const again = { pageSize: PAGE, spend: async () => undefined, signal: new AbortController().signal };
      while (isCaptured && !(await follow())) await scan(again);
      if (applied > since) since = applied;
      const known = ids;
      if (known === undefined) throw new Error(`${table.name}: its source was not scanned`);
      return keys.filter((key) => !(changed.get(exactKey(key)) ?? known.has(key)));
    },
    get doubt() {
      if (isUnreadable) return UNREADABLE;
      return isCaptured ? undefined : NOT_CAPTURED;
    },
  };
}
