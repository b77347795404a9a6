/** Tables whose keys are of several columns: rows that share the first one are others all the same. */
import { describe, expect, test } from "vitest";
import { comparePair } from "../../support/memory/compare.ts";
import { column, openPair, type Pair, schema } from "../../support/memory/pair.ts";

const word = (id: string, scope: string, value = "v") => ({ ID: id, SCOPE: scope, VALUE: value });

function open(equality: "exact" | "insensitive" = "exact", digests = false): Pair {
  const pair = openPair({
    schemas: [
      schema("SCOPES", [column("ID"), column("SCOPE", { equality }), column("VALUE")], {
        primaryKey: ["ID", "SCOPE"],
      }),
    ],
    onSource: { digests },
  });
  if (digests) Object.assign(pair.target, { dialect: pair.source.dialect });
  return pair;
}

async function told(pair: Pair, pageSize: number) {
  const { report, differences } = await comparePair(pair, { pageSize });
  return {
    report,
    told: differences
      .map(({ kind, key, columns }) => [kind, ...Object.values(key), ...columns].join(" "))
      .sort(),
  };
}

const ROWS = ["1", "2", "3"].flatMap((id) => ["a", "b", "c"].map((scope) => word(id, scope)));

describe.each([1, 2, 4, 100])("in pages of %i", (pageSize) => {
  test("rows that are alike are equal", async () => {
    for (const digests of [false, true]) {
      const pair = open("exact", digests);
      pair.seed("SCOPES", ...ROWS);
      const { told: differences, report } = await told(pair, pageSize);
      expect(differences).toEqual([]);
      expect(report.tables).toMatchObject([{ sourceRows: 9, targetRows: 9, unexplained: 0, unread: 0 }]);
    }
  });

  test("each that is not is told by its whole key", async () => {
    const pair = open();
    pair.source.db.tables.set("SCOPES", [...ROWS, word("4", "a")]);
    pair.target.db.tables.set("SCOPES", [
      ...ROWS.filter(({ ID, SCOPE }) => !(ID === "2" && SCOPE === "b")).map((row) =>
        row.ID === "3" && row.SCOPE === "c" ? { ...row, VALUE: "other" } : { ...row },
      ),
      word("1", "d"),
    ]);
    expect((await told(pair, pageSize)).told).toEqual([
      "different 3 c VALUE",
      "extra 1 d",
      "missing 2 b",
      "missing 4 a",
    ]);
  });

  test("a key's second spelling is the same row where the database says so", async () => {
    const pair = open("insensitive");
    pair.source.db.tables.set("SCOPES", [word("1", "Openid"), word("1", "EMAIL")]);
    pair.target.db.tables.set("SCOPES", [word("1", "EMAIL"), word("1", "openid")]);
    const { told: differences, report } = await told(pair, pageSize);
    expect(differences.filter((one) => !one.startsWith("different"))).toEqual([]);
    expect(report.tables).toMatchObject([{ missing: 0, extra: 0, unexplained: 0 }]);
  });
});
