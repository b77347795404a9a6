/** What a watch says while servers come and go, and with a way back of the side that serves: a yes seen earlier is no yes now. */
import { describe, expect, it } from "vitest";
import { withOrigin } from "../../../src/contract/origin.ts";
import { createLook, type LookOptions } from "../../../src/run/status-look.ts";
import { writeServing } from "../../../src/state/serving.ts";
import { readServingFacts, servingState } from "../../../src/status/serving-facts.ts";
import type { StatusRequest } from "../../../src/status/table-status.ts";
import { monotonic } from "../../../src/util/monotonic.ts";
import { MemoryError } from "../../support/memory/database.ts";
import { openPair, type Pair, planOfPair, run, USERS } from "../../support/memory/pair.ts";

const requestOf = (pair: Pair, direction?: "back"): StatusRequest => ({
  name: "identity",
  plan: planOfPair(pair),
  source: withOrigin("source", pair.source),
  target: withOrigin("target", pair.target),
  ...(direction === undefined ? {} : { direction }),
});

async function applied(): Promise<Pair> {
  const pair = openPair({ schemas: [USERS] });
  pair.write("USERS", "INSERT", { ID: "1", NAME: "one" });
  await run(pair);
  pair.source.db.tables.set("SYNC_STATE", []);
  return pair;
}

const lookOf = (more: Partial<LookOptions> & Pick<LookOptions, "schemas">): ReturnType<typeof createLook> =>
  createLook({ hasWayBack: false, isDecided: true, signal: new AbortController().signal, ...more });

const failing = (pair: Pair, kind: ConstructorParameters<typeof MemoryError>[0]): void => {
  pair.source.db.onStatement = () => {
    throw new MemoryError(kind);
  };
};

describe("a look", () => {
  it("that is answered says what stands now", async () => {
    const pair = await applied();
    const look = lookOf({ schemas: [requestOf(pair)] });
    const first = await look(undefined);
    expect(first).toMatchObject({ stale: false, safeToSwitch: true, reasons: [] });
    expect(first.serving).toBeUndefined();
    pair.write("USERS", "INSERT", { ID: "2", NAME: "two" });
    const second = await look({ report: first, atMs: monotonic() });
    expect(second).toMatchObject({ stale: false, safeToSwitch: false });
    expect(second.tables[0]?.pending).toBe(1);
  });

  it("that a lost connection ends shows what was seen last, marked as stale, and is no yes to a switch", async () => {
    const pair = await applied();
    const look = lookOf({ schemas: [requestOf(pair)] });
    const report = await look(undefined);
    failing(pair, "connection");
    const stale = await look({ report, atMs: monotonic() - 61_000 });
    expect(stale).toMatchObject({ stale: true, safeToSwitch: false, at: report.at, tables: report.tables });
    const [reason = "", ...others] = stale.reasons;
    expect(others).toEqual([]);
    const [, why, seconds] = /^stale: (.*); what stands above was seen (\d+) s ago$/.exec(reason) ?? [];
    expect(why).toBe("source Memory: refused: connection");
    // At least so long: how fast this machine is does not matter.
    expect(Number(seconds)).toBeGreaterThanOrEqual(61);
    pair.source.db.onStatement = undefined;
    expect(await look({ report, atMs: monotonic() })).toMatchObject({ stale: false, safeToSwitch: true });
  });

  it("that never had an answer, or is refused for good, ends with the error", async () => {
    const pair = await applied();
    const look = lookOf({ schemas: [requestOf(pair)] });
    const report = await look(undefined);
    failing(pair, "connection");
    await expect(look(undefined)).rejects.toThrow("connection");
    failing(pair, "auth");
    await expect(look({ report, atMs: monotonic() })).rejects.toThrow();
  });

  it("is one at a time, however many ask", async () => {
    const pair = await applied();
    const look = lookOf({ schemas: [requestOf(pair)], isDecided: false });
    let statements = 0;
    pair.source.db.onStatement = () => {
      statements++;
    };
    await look(undefined);
    const alone = statements;
    statements = 0;
    await Promise.all([look(undefined), look(undefined), look(undefined)]);
    expect(statements).toBe(alone);
  });
});

describe("with a way back", () => {
  const since = "2026-01-31T23:59:59.123Z";
  const switched = async (pair: Pair, side: "blue" | "green"): Promise<void> =>
    writeServing(pair.source.db, servingState(requestOf(pair)), {
      side,
      since,
      host: "ops",
      heads: new Map(),
    });

  it("blue serves until somebody has switched", async () => {
    const pair = await applied();
    expect(await readServingFacts(requestOf(pair))).toEqual({ side: "blue", since: null, host: null });
  });

  it("who serves is read on blue, whichever direction asks", async () => {
    const pair = await applied();
    await switched(pair, "green");
    expect(await readServingFacts(requestOf(pair))).toEqual({ side: "green", since, host: "ops" });
    // The same two databases the other way round: blue is the target.
    const back = openPair({ schemas: [USERS] });
    back.target.db.tables.set("SYNC_STATE", [...(pair.source.db.tables.get("SYNC_STATE") ?? [])]);
    expect(await readServingFacts(requestOf(back, "back"))).toMatchObject({ side: "green" });
  });

  it("the direction is looked at in which changes flow", async () => {
    const pair = await applied();
    const other = await applied();
    other.write("USERS", "INSERT", { ID: "3", NAME: "on green" });
    const look = lookOf({ schemas: [requestOf(pair)], back: [requestOf(other)], hasWayBack: true });
    const forward = await look(undefined);
    expect(forward).toMatchObject({ safeToSwitch: true, serving: { side: "blue" } });
    await switched(pair, "green");
    const back = await look(undefined);
    expect(back).toMatchObject({ safeToSwitch: false, serving: { side: "green", host: "ops" } });
    await switched(pair, "blue");
    expect(await look(undefined)).toMatchObject({ safeToSwitch: true, serving: { side: "blue", since } });
  });
});
