/** Sides that order their keys otherwise are read twice in part: each difference is told once all the same. */
import { expect, test } from "vitest";
import { comparePair } from "../../support/memory/compare.ts";
import { column, openPair, USERS } from "../../support/memory/pair.ts";

const user = (id: number, name = `${id}`) => ({ ID: `${id}`, NAME: name });

test.each([1, 3, 7, 30])("numbers on one side and texts on the other, in pages of %i", async (pageSize) => {
  const pair = openPair({
    schemas: [USERS],
    targetSchemas: [{ ...USERS, columns: [column("ID", { kind: "integer" }), column("NAME")] }],
  });
  const all = Array.from({ length: 30 }, (_, i) => user(i * 7));
  pair.source.db.tables.set(
    "USERS",
    all.map((row) => ({ ...row })),
  );
  pair.target.db.tables.set("USERS", [
    ...all.filter(({ ID }) => ID !== "14" && ID !== "105").map((row) => ({ ...row })),
    user(8),
    user(1_000),
  ]);
  Object.assign(pair.rows("target", "USERS").find(({ ID }) => ID === "70") ?? {}, { NAME: "other" });
  const { report, differences } = await comparePair(pair, { pageSize });
  expect(differences.map(({ kind, key }) => `${kind} ${Object.values(key)}`).sort()).toEqual([
    "different 70",
    "extra 1000",
    "extra 8",
    "missing 105",
    "missing 14",
  ]);
  expect(report.tables).toMatchObject([
    { missing: 2, extra: 2, different: 1, unexplained: 0, unread: 0, readSource: 30, readTarget: 30 },
  ]);
});
