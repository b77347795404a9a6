import fc from "fast-check";
import { expect, test } from "vitest";
import type { Change } from "../../../src/contract/change.ts";
import { type NetSegment, netChanges } from "../../../src/journal/net.ts";
import { change, textKey } from "./columns.ts";

/** Steps of a source whose key takes letters of another case for equal. */
type Step = { readonly key: string; readonly does: "write" | "delete" };

/** A target's row, and its children: they are its own until it is deleted. */
interface Held {
  readonly key: string;
  readonly value: string;
  readonly children: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  key: fc.constantFrom("a", "A", "b", "B", "ab", "AB", "Ab"),
  does: fc.constantFrom("write" as const, "write" as const, "delete" as const),
});

/** The journal as SQL Server's triggers write it, and the source's rows after it with a mark that lasts as long as they do. */
function play(steps: readonly Step[]): { journal: Change[]; rows: Map<string, Held> } {
  const journal: Change[] = [];
  const rows = new Map<string, Held>();
  const note = (action: Change["action"], key: string): string => {
    journal.push(change(journal.length + 1, action, key));
    return `v${journal.length}`;
  };
  for (const { key, does } of steps) {
    const same = key.toLowerCase();
    const row = rows.get(same);
    if (does === "delete") {
      if (row === undefined) continue;
      note("DELETE", row.key);
      rows.delete(same);
    } else {
      const value = note(row === undefined ? "INSERT" : "UPDATE", key);
      if (row !== undefined && row.key !== key) note("RESPELLED", row.key);
      rows.set(same, { key, value, children: row?.children ?? journal.length });
    }
  }
  return { journal, rows };
}

/** Applies segments as applier.ts does; `fold` makes the same text of keys that the target takes for equal. */
function apply(
  held: Map<string, Held>,
  segments: readonly NetSegment[],
  fold: (key: string) => string,
): void {
  const keyOf = ({ row }: Change): string => String(row["ID"]);
  for (const { deletes, upserts, replaced } of segments) {
    for (const one of deletes) held.delete(fold(keyOf(one)));
    for (const one of upserts) {
      const same = fold(keyOf(one));
      const children = held.get(same)?.children ?? Number(one.position);
      held.set(same, { key: keyOf(one), value: String(one.row["VALUE"]), children });
    }
    for (const one of replaced)
      if (held.get(fold(keyOf(one)))?.key === keyOf(one)) held.delete(fold(keyOf(one)));
  }
}

const batchesOf = (journal: readonly Change[], sizes: readonly number[]): Change[][] => {
  const batches: Change[][] = [];
  let from = 0;
  for (let i = 0; from < journal.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    batches.push(journal.slice(from, from + size));
    from += size;
  }
  return batches;
};

test.each([
  ["insensitive", (key: string) => key.toLowerCase()],
  ["exact", (key: string) => key],
  ["padded", (key: string) => key.trimEnd()],
] as const)(
  "a target whose keys are %s ends with the source's rows, in batches of any size",
  (equality, fold) => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 25 }),
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 }),
        (steps, sizes) => {
          const { journal, rows } = play(steps);
          const held = new Map<string, Held>();
          for (const batch of batchesOf(journal, sizes))
            apply(held, netChanges(batch, textKey(equality)), fold);
          const shown = (all: Iterable<Held>) => [...all].map(({ key, value }) => `${key} ${value}`).sort();
          expect(shown(held.values())).toEqual(shown(rows.values()));
        },
      ),
      { numRuns: 2_000 },
    );
  },
);

test("a row keeps its children as long as it lives, however often its key changes its case", () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 25 }),
      fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 }),
      (steps, sizes) => {
        const fold = (key: string) => key.toLowerCase();
        const { journal } = play(steps);
        const held = new Map<string, Held>();
        let done = 0;
        for (const batch of batchesOf(journal, sizes)) {
          const before = new Map(held);
          apply(held, netChanges(batch, textKey("insensitive")), fold);
          done += batch.length;
          // What no DELETE of this batch names was there all along.
          const deleted = new Set(
            journal
              .slice(done - batch.length, done)
              .filter(({ action }) => action === "DELETE")
              .map(({ row }) => fold(String(row["ID"]))),
          );
          for (const [same, { children }] of before)
            if (!deleted.has(same)) expect(held.get(same)?.children).toBe(children);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});
