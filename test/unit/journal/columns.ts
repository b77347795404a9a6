import type { Action, Change } from "../../../src/contract/change.ts";
import type { TargetColumn } from "../../../src/contract/sync-plan.ts";
import type { Column, TextEquality } from "../../../src/contract/table-schema.ts";

export const textColumn = (equality: TextEquality): Column => ({
  name: "ID",
  type: "VARCHAR(255)",
  kind: "text",
  nullable: false,
  default: null,
  generated: false,
  equality,
});

/** The key of a table: one text column. */
export const textKey = (equality: TextEquality): readonly TargetColumn[] => [
  { name: "ID", target: textColumn(equality) },
];

export const change = (position: number, action: Action, id: string): Change => ({
  position: BigInt(position),
  action,
  row: { ID: id, VALUE: `v${position}` },
});
