import { expect, test } from "vitest";
import type { Checkpoint } from "../../../src/checkpoint/checkpoint.ts";
import type { Change } from "../../../src/contract/change.ts";
import type { ParentLink, TablePlan } from "../../../src/contract/sync-plan.ts";
import type { Column, TextEquality } from "../../../src/contract/table-schema.ts";
import { laneChooser, mayLead, spread } from "../../../src/run/lanes.ts";

const column = (equality: TextEquality): Column => ({
  name: "ID",
  type: "varchar(20)",
  kind: "text",
  nullable: false,
  default: null,
  generated: false,
  equality,
});

const tableOf = (equality: TextEquality, more: Partial<TablePlan> = {}): TablePlan =>
  ({
    name: "T",
    key: [{ name: "ID", source: column("exact"), target: column(equality) }],
    parents: [],
    ...more,
  }) as unknown as TablePlan;

const change = (id: string, position = 1): Change => ({
  position: BigInt(position),
  action: "UPDATE",
  row: { ID: id },
});

const lane = (number: number, position: number): Checkpoint => ({
  lane: number,
  position: BigInt(position),
  journalId: "j",
  digest: "",
});

test("keys that the target's collation takes for equal share a lane, so that their order is kept", () => {
  const laneOf = laneChooser(tableOf("insensitive"), 97);
  for (const id of ["Ann", "ann", "ANN", "ann ", "ANN  ", "Ánn"])
    expect(laneOf(change(id))).toBe(laneOf(change("ann")));
  const padded = laneChooser(tableOf("padded"), 97);
  expect(padded(change("ann  "))).toBe(padded(change("ann")));
});

test("keys that are not equal spread over all lanes, the same way each time", () => {
  const laneOf = laneChooser(tableOf("exact"), 8);
  const lanes = Array.from({ length: 1_000 }, (_, i) => laneOf(change(`key ${i}`)));
  for (let n = 0; n < 8; n++) expect(lanes.filter((one) => one === n).length).toBeGreaterThan(60);
  expect(lanes).toEqual(Array.from({ length: 1_000 }, (_, i) => laneOf(change(`key ${i}`))));
  const ofMany = laneChooser(tableOf("exact"), 97);
  expect(ofMany(change("Ann"))).not.toBe(ofMany(change("ann")));
});

test("a lane gets the changes of its keys that it has not applied yet, in order", () => {
  const table = tableOf("exact");
  const changes = Array.from({ length: 100 }, (_, i) => change(`key ${i % 10}`, i + 1));
  const parts = spread([lane(0, 0), lane(1, 40)], table, changes);
  const laneOf = laneChooser(table, 2);
  expect(parts.map((part) => part.lane)).toEqual([0, 1]);
  for (const part of parts) {
    expect(part.changes).toEqual(
      changes.filter((one) => laneOf(one) === part.lane && (part.lane === 0 || one.position > 40n)),
    );
  }
});

test("one lane gets everything", () => {
  const changes = [change("a", 1), change("b", 2)];
  expect(spread([lane(3, 5)], tableOf("exact"), changes)).toEqual([{ lane: 3, changes }]);
});

test("lanes may lead one another but in tables whose rows come with others, or change their keys", () => {
  const toItself: ParentLink = { columns: ["P"], parent: "t", parentColumns: ["ID"], synced: true };
  expect(mayLead(tableOf("exact"))).toBe(true);
  expect(mayLead(tableOf("exact", { parents: [{ ...toItself, parent: "OTHER" }] }))).toBe(true);
  expect(mayLead(tableOf("exact", { parents: [toItself] }))).toBe(false);
  expect(mayLead(tableOf("exact", { isRekeyed: true }))).toBe(false);
  expect(mayLead(tableOf("exact", { holdsClaims: true }))).toBe(false);
  expect(mayLead(tableOf("exact", { split: {} as NonNullable<TablePlan["split"]> }))).toBe(false);
});
