import { type Change, type Key, leavesRow } from "../contract/change.ts";
import type { PlanColumn, TargetColumn } from "../contract/sync-plan.ts";
import type { Column } from "../contract/table-schema.ts";
import { equalityClass, exactKey } from "./key-equality.ts";

/** What is left of a run of changes: at most one per key. Segments of a batch are applied one after the other. */
export interface NetSegment {
  /** Keys that are gone, deleted first. */
  readonly deletes: readonly Change[];
  /** Rows in their last image, in order of position. */
  readonly upserts: readonly Change[];
  /** Those of them that are one INSERT and nothing else: before it the source had no such row. */
  readonly inserts: ReadonlySet<Change>;
  /**
   * Keys whose successor differs from them only in a way the target may not see ('Ann' became 'ann'), in this segment or
   * before it. Deleted last and only where the stored key is the same byte by byte: were they deleted first, a cascade
   * would take the row's children along.
   */
  readonly replaced: readonly Change[];
}

interface Slot {
  readonly key: string;
  readonly change: Change;
  readonly replaced: readonly Change[];
  /** The key's only change so far. */
  readonly isFirst: boolean;
}

/** Values of the target's key columns of a change. */
export function keyOf(columns: readonly TargetColumn[], change: Change): Key {
  return columns.map(({ name }) => change.key?.[name] ?? change.row[name] ?? null);
}

/** Values of the source's key columns of a change. */
export function sourceKeyOf(columns: readonly PlanColumn[], change: Change): Key {
  return columns.map(({ source }) => change.row[source.name.toUpperCase()] ?? null);
}

/** Collapses changes, in order of position, to the last one per key. An insert followed by a delete is a delete. */
export function netChanges(changes: readonly Change[], key: readonly TargetColumn[]): readonly NetSegment[] {
  const columns: readonly Column[] = key.map((column) => column.target);
  const segments: NetSegment[] = [];
  const tellsApart = columns.every((column) => column.kind !== "text" || column.equality === "exact");
  const close = (): void => void segments.push(segment(slots, tellsApart));
  let slots = new Map<string, Slot>();
  for (const change of changes) {
    const values = keyOf(key, change);
    const equality = equalityClass(columns, values);
    const exact = exactKey(values);
    const before = slots.get(equality);
    let replaced = before?.replaced ?? [];
    if (before !== undefined && before.key !== exact) {
      if (!leavesRow(before.change) && leavesRow(change)) {
        // A key that comes back ('Ann' to 'ann' to 'Ann') is no longer to be deleted.
        replaced = [...replaced, before.change].filter((other) => exactKey(keyOf(key, other)) !== exact);
      } else if (leavesRow(before.change) && change.action === "RESPELLED") {
        slots.set(equality, { ...before, replaced: [...replaced, change] });
        continue;
      } else {
        // Equal or not, only the database knows: what came first is applied first.
        close();
        slots = new Map();
        replaced = [];
      }
    }
    // Set anew, so that the map stays in order of the last position.
    slots.delete(equality);
    slots.set(equality, { key: exact, change, replaced, isFirst: before === undefined });
  }
  if (slots.size > 0) close();
  return segments;
}

/** @param tellsApart to this target a key in other letters is another one, whose old row is in the new one's way. */
function segment(slots: ReadonlyMap<string, Slot>, tellsApart: boolean): NetSegment {
  const all = [...slots.values()];
  const isLast = ({ action }: Change): boolean => action === "RESPELLED" && !tellsApart;
  return {
    deletes: all.map((slot) => slot.change).filter((change) => !leavesRow(change) && !isLast(change)),
    upserts: all.filter((slot) => leavesRow(slot.change)).map((slot) => slot.change),
    inserts: new Set(
      all.filter((slot) => slot.isFirst && slot.change.action === "INSERT").map((slot) => slot.change),
    ),
    replaced: all.flatMap(({ change, replaced }) => (isLast(change) ? [...replaced, change] : replaced)),
  };
}
