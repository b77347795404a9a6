import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Change } from "../../../src/contract/change.ts";
import { type NetSegment, netChanges } from "../../../src/journal/net.ts";
import { change, textKey } from "./columns.ts";

const shape = (segments: readonly NetSegment[]) =>
  segments.map((segment) => ({
    deletes: segment.deletes.map((c) => Number(c.position)),
    upserts: segment.upserts.map((c) => Number(c.position)),
    replaced: segment.replaced.map((c) => Number(c.position)),
  }));

/** The row under its new spelling, then the end of the old one. */
const changesOfCase = (position: number, from: string, to: string): readonly Change[] => [
  change(position, "UPDATE", to),
  change(position + 1, "RESPELLED", from),
];

describe("The net of a batch", () => {
  test("is the last change of each key, in order of position", () => {
    const changes = [
      change(1, "INSERT", "a"),
      change(2, "INSERT", "b"),
      change(3, "UPDATE", "a"),
      change(4, "DELETE", "c"),
    ];
    expect(shape(netChanges(changes, textKey("exact")))).toEqual([
      { deletes: [4], upserts: [2, 3], replaced: [] },
    ]);
  });

  test("of an insert and a delete is the delete, of a delete and an insert the insert", () => {
    const changes = [
      change(1, "INSERT", "a"),
      change(2, "DELETE", "a"),
      change(3, "DELETE", "b"),
      change(4, "INSERT", "b"),
    ];
    expect(shape(netChanges(changes, textKey("exact")))).toEqual([
      { deletes: [2], upserts: [4], replaced: [] },
    ]);
  });

  test("names the upserts that are an INSERT and nothing else", () => {
    const changes = [
      change(1, "INSERT", "new"),
      change(2, "INSERT", "changed since"),
      change(3, "UPDATE", "changed since"),
      change(4, "DELETE", "made again"),
      change(5, "INSERT", "made again"),
      change(6, "UPDATE", "old"),
    ];
    const [segment] = netChanges(changes, textKey("exact"));
    expect([...(segment?.inserts ?? [])].map((c) => Number(c.position))).toEqual([1]);
  });

  test("of nothing is nothing", () => {
    expect(netChanges([], textKey("exact"))).toEqual([]);
  });

  test.each([
    ["in one batch", [change(1, "UPDATE", "ann"), change(2, "RESPELLED", "Ann")], [1], [2]],
    ["with its row in the batch before", [change(2, "RESPELLED", "Ann")], [], [2]],
    [
      "and back again",
      [...changesOfCase(1, "Ann", "ann"), ...changesOfCase(3, "ann", "Ann")],
      [1, 3],
      [2, 4],
    ],
    [
      "from a key that was just made",
      [change(1, "INSERT", "Ann"), ...changesOfCase(2, "Ann", "ann")],
      [1, 2],
      [3],
    ],
  ] as const)(
    "never deletes the row of a key that was respelled, %s",
    (_when, changes, upserts, replaced) => {
      const segments = shape(netChanges(changes, textKey("insensitive")));
      expect(segments.flatMap((segment) => segment.deletes)).toEqual([]);
      expect(segments.flatMap((segment) => segment.upserts)).toEqual(upserts);
      expect(segments.flatMap((segment) => segment.replaced)).toEqual(replaced);
    },
  );

  test("deletes a respelled key before the row, which may need its unique values, where the target tells the two apart", () => {
    expect(shape(netChanges(changesOfCase(1, "Ann", "ann"), textKey("exact")))).toEqual([
      { deletes: [2], upserts: [1], replaced: [] },
    ]);
  });

  test("deletes a respelled row that is deleted afterwards", () => {
    const changes = [...changesOfCase(1, "Ann", "ann"), change(3, "DELETE", "ann")];
    const [last] = shape(netChanges(changes, textKey("insensitive"))).slice(-1);
    expect(last).toMatchObject({ deletes: [3], upserts: [] });
  });

  test("deletes a key that changed its case after its successor is written, so that no child goes with it", () => {
    const changes = [change(1, "DELETE", "Ann"), change(2, "UPDATE", "ann")];
    expect(shape(netChanges(changes, textKey("insensitive")))).toEqual([
      { deletes: [], upserts: [2], replaced: [1] },
    ]);
  });

  test("keeps a key that changed its case and changed it back", () => {
    const changes = [
      change(1, "DELETE", "Ann"),
      change(2, "UPDATE", "ann"),
      change(3, "DELETE", "ann"),
      change(4, "UPDATE", "Ann"),
    ];
    expect(shape(netChanges(changes, textKey("insensitive")))).toEqual([
      { deletes: [], upserts: [4], replaced: [3] },
    ]);
  });

  test("keeps writes of keys that may be one row to the target in their order, in segments", () => {
    const changes = [change(1, "INSERT", "😀"), change(2, "INSERT", "🎉"), change(3, "INSERT", "b")];
    expect(shape(netChanges(changes, textKey("insensitive")))).toEqual([
      { deletes: [], upserts: [1], replaced: [] },
      { deletes: [], upserts: [2, 3], replaced: [] },
    ]);
  });

  test("takes keys for one row that differ in trailing blanks alone where the column pads", () => {
    const changes = [change(1, "DELETE", "a  "), change(2, "INSERT", "a")];
    expect(shape(netChanges(changes, textKey("padded")))).toEqual([
      { deletes: [], upserts: [2], replaced: [1] },
    ]);
    expect(shape(netChanges(changes, textKey("exact")))).toEqual([
      { deletes: [1], upserts: [2], replaced: [] },
    ]);
  });
});

/** A table as a database keeps it: by what it takes for equal, with the key as it was written last. */
type Table = Map<string, { readonly id: string; readonly value: string }>;
type Fold = (id: string) => string;

const idOf = (c: Change): string => String(c.row["ID"]);

function apply(table: Table, fold: Fold, segment: NetSegment): void {
  for (const c of segment.deletes) table.delete(fold(idOf(c)));
  for (const c of segment.upserts) table.set(fold(idOf(c)), { id: idOf(c), value: String(c.row["VALUE"]) });
  for (const c of segment.replaced) if (table.get(fold(idOf(c)))?.id === idOf(c)) table.delete(fold(idOf(c)));
}

interface Act {
  readonly do: "put" | "rekey" | "delete";
  readonly id: string;
  readonly to: string;
}

/** Plays acts on a source table and journals them as the triggers do; what the source refuses leaves nothing. */
function journal(acts: readonly Act[], fold: Fold): { source: Table; changes: Change[] } {
  const source: Table = new Map();
  const changes: Change[] = [];
  const add = (action: "INSERT" | "UPDATE" | "DELETE", id: string): string => {
    changes.push(change(changes.length + 1, action, id));
    return `v${changes.length}`;
  };
  for (const act of acts) {
    const row = source.get(fold(act.id));
    if (act.do === "put") {
      const id = row?.id ?? act.id;
      source.set(fold(id), { id, value: add(row === undefined ? "INSERT" : "UPDATE", id) });
    } else if (row !== undefined && act.do === "delete") {
      add("DELETE", row.id);
      source.delete(fold(row.id));
    } else if (row !== undefined && (fold(act.to) === fold(row.id) || !source.has(fold(act.to)))) {
      if (act.to !== row.id) add("DELETE", row.id);
      source.delete(fold(row.id));
      source.set(fold(act.to), { id: act.to, value: add("UPDATE", act.to) });
    }
  }
  return { source, changes };
}

const ids = fc.constantFrom("ann", "Ann", "ANN", "bob", "Bob", "😀", "🎉", "eve ", "eve");
const anyAct: fc.Arbitrary<Act> = fc.record({
  do: fc.constantFrom("put", "rekey", "delete"),
  id: ids,
  to: ids,
});

describe("Applying the net of a batch equals applying its changes one by one", () => {
  // What real collations do: emoji apart or all one, trailing blanks apart or not.
  const collations: readonly [string, "exact" | "padded" | "insensitive", Fold][] = [
    ["binary", "exact", (id) => id],
    ["binary with padding", "padded", (id) => id.replace(/ +$/, "")],
    ["case-insensitive", "insensitive", (id) => id.toLowerCase()],
    ["case-insensitive with padding", "insensitive", (id) => id.toLowerCase().replace(/ +$/, "")],
    [
      "one weight for all emoji",
      "insensitive",
      (id) => id.toLowerCase().replace(/\p{Extended_Pictographic}/gu, "?"),
    ],
    ["binary, taken for insensitive", "insensitive", (id) => id],
  ];

  test.each(collations)("for a %s collation", (_name, equality, fold) => {
    fc.assert(
      fc.property(fc.array(anyAct, { maxLength: 40 }), fc.integer({ min: 1, max: 40 }), (acts, batchSize) => {
        const { source, changes } = journal(acts, fold);
        const target: Table = new Map();
        for (let first = 0; first < changes.length; first += batchSize) {
          for (const segment of netChanges(changes.slice(first, first + batchSize), textKey(equality)))
            apply(target, fold, segment);
        }
        expect(new Map([...target].sort())).toEqual(new Map([...source].sort()));
      }),
      { numRuns: 300 },
    );
  });
});
