import type { TableStatus } from "./status.ts";

/** Why traffic must not go to the target yet because of this table; empty when it may. */
export function switchReasons(status: TableStatus): readonly string[] {
  const { table, captured, drift, pending, checkpoint, openHole, deadLetters, problems } = status;
  return [
    ...(captured
      ? []
      : [`${table}: changes are not captured${drift.length === 0 ? "" : ` (${drift.join("; ")})`}`]),
    ...(checkpoint === null ? [`${table}: the target has no checkpoint, nothing was applied yet`] : []),
    ...(pending === null || pending === 0 ? [] : [`${table}: ${pending} changes are pending`]),
    ...(openHole === null ? [] : [`${table}: a transaction on the source has not ended`]),
    ...(deadLetters === 0 ? [] : [`${table}: ${deadLetters} dead letters`]),
    ...problems.map((problem) => `${table}: ${problem}`),
  ];
}
