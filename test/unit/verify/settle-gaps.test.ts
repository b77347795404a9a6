/** A gap says that changes may be missing: only a comparison that saw all of them may end it. */
import { describe, expect, it } from "vitest";
import { readGaps, recordGap } from "../../../src/state/gap.ts";
import { stateTable } from "../../../src/state/state.ts";
import { openGaps } from "../../../src/verify/settle-gaps.ts";
import { MemoryError } from "../../support/memory/database.ts";
import { openPair, type Pair } from "../../support/memory/pair.ts";

const GAP = {
  since: "2026-01-31T01:00:00.000Z",
  until: "2026-01-31T02:00:00.000Z",
  why: ["a trigger was gone"],
};

async function withGap(pair: Pair, table: string, gap: typeof GAP | { until: null } = GAP): Promise<void> {
  const state = stateTable(pair.target.dialect, pair.tables);
  await recordGap(pair.target.db, state, table, { ...GAP, ...gap });
}
const noted = async (pair: Pair): Promise<readonly string[]> => [
  ...(await readGaps(pair.target.db, stateTable(pair.target.dialect, pair.tables))).keys(),
];

describe("a gap", () => {
  it("ends with a comparison that found its table equal, and those of other tables stay", async () => {
    const pair = openPair();
    await withGap(pair, "USERS");
    await withGap(pair, "TOKENS");
    const end = await openGaps(pair.source, pair.target, pair.tables);
    expect(await end(["USERS"])).toEqual(["USERS"]);
    expect(await noted(pair)).toEqual(["TOKENS"]);
  });

  it("that nobody noted is not said to have ended", async () => {
    const pair = openPair();
    const end = await openGaps(pair.source, pair.target, pair.tables);
    expect(await end(["USERS", "TOKENS"])).toEqual([]);
  });

  it("that came while the rows were read stays: the comparison may have been past them", async () => {
    const pair = openPair();
    const end = await openGaps(pair.source, pair.target, pair.tables);
    await withGap(pair, "USERS");
    expect(await end(["USERS"])).toEqual([]);
    expect(await noted(pair)).toEqual(["USERS"]);
  });

  it("that grew meanwhile stays", async () => {
    const pair = openPair();
    await withGap(pair, "USERS");
    const end = await openGaps(pair.source, pair.target, pair.tables);
    await withGap(pair, "USERS", { ...GAP, until: "2026-01-31T09:00:00.000Z" });
    expect(await end(["USERS"])).toEqual([]);
    expect(await noted(pair)).toEqual(["USERS"]);
  });
});

describe("who may not read what is noted", () => {
  it.each(["auth", "schema"] as const)("for %s, compares all the same, and ends no gap", async (kind) => {
    const pair = openPair();
    await withGap(pair, "USERS");
    pair.target.db.onStatement = () => {
      throw new MemoryError(kind);
    };
    const end = await openGaps(pair.source, pair.target, pair.tables);
    expect(await end(["USERS"])).toEqual([]);
    pair.target.db.onStatement = undefined;
    expect(await noted(pair)).toEqual(["USERS"]);
  });

  it("but a connection that is lost is no answer", async () => {
    const pair = openPair();
    pair.target.db.onStatement = () => {
      throw new MemoryError("connection");
    };
    await expect(openGaps(pair.source, pair.target, pair.tables)).rejects.toThrow("connection");
  });
});
