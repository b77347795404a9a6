import { afterAll, beforeAll, expect, test } from "vitest";
import { type DrainAnswer, type DrainOptions, watchDrain } from "../../src/run/drain-gate.ts";
import { readStatus } from "../../src/status/status.ts";
import type { StatusRequest } from "../../src/status/table-status.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import { waitFor } from "../support/wait-for.ts";
import { createTables } from "../support/wso2-tables.ts";

const USER_DATA = "IDN_IDENTITY_USER_DATA";
const insert = (name: string, value = "v"): string =>
  `INSERT INTO ${USER_DATA} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) VALUES (1, '${name}', 'k', '${value}')`;

describeDialects("The gate before the switch", (dialect) => {
  let pair: BlueGreen;

  beforeAll(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.11.0",
      sourceSchema: createTables(dialect.name, "5.11.0"),
      targetSchema: createTables(dialect.name, "5.11.0"),
      tables: [USER_DATA],
    });
    await pair.prepare();
  });
  afterAll(() => pair.close());

  const request = async (): Promise<StatusRequest> => ({
    name: "identity",
    plan: await pair.plan(),
    source: pair.source,
    target: pair.target,
  });
  const ask = async (options: Partial<DrainOptions> = {}): Promise<DrainAnswer> =>
    await watchDrain({
      schemas: [await request()],
      wait: true,
      deadline: AbortSignal.timeout(5_000),
      pollMs: 100,
      signal: new AbortController().signal,
      ...options,
    });
  const kinds = ({ reasons }: DrainAnswer): readonly string[] => reasons.map(({ kind }) => kind);

  test("an idle, fully applied pair is drained", async () => {
    const answer = await ask({ wait: false });
    expect(answer.drained).toBe(true);
    expect(answer.reasons).toEqual([]);
    expect(answer.tables).toEqual([
      { schema: "identity", table: USER_DATA, pending: 0, lagSeconds: 0, deadLetters: 0 },
    ]);
  });

  test("pending changes without a runner are a no that says so", async () => {
    await pair.source.test.exec([insert("a"), insert("b")]);
    const answer = await ask({ wait: false });
    expect(answer.drained).toBe(false);
    expect(answer.reasons).toEqual([
      { table: USER_DATA, kind: "pending", text: `${USER_DATA}: 2 changes are pending` },
      { table: USER_DATA, kind: "no-runner", text: `${USER_DATA}: no runner is at work on it` },
    ]);
  });

  test("in the middle of a backlog no lag is small, by the time of capture or without one", async () => {
    const { journal } = (await pair.table(USER_DATA)).names;
    await pair.source.test.exec(
      `UPDATE ${journal} SET CAPTURED_AT = '2021-03-04 05:06:07' WHERE ACTION <> 'ANCHOR'`,
    );
    const yearsAgo = await ask({ maxLagSeconds: 3_600, deadline: AbortSignal.timeout(1_000) });
    expect(yearsAgo.drained).toBe(false);
    expect(kinds(yearsAgo)).toContain("lagging");
    const [table] = yearsAgo.tables;
    expect(table?.lagSeconds).toBeGreaterThan(365 * 86_400);
    const { tables } = await readStatus([await request()]);
    expect(tables[0]?.lagSeconds).toBeGreaterThanOrEqual(table?.lagSeconds ?? 0);
    // As in a journal of an older release: what the gate has seen itself is all that counts.
    await pair.source.test.exec(`UPDATE ${journal} SET CAPTURED_AT = NULL WHERE ACTION <> 'ANCHOR'`);
    const timeless = await ask({ maxLagSeconds: 3_600, deadline: AbortSignal.timeout(1_000) });
    expect(timeless.drained).toBe(false);
    expect(timeless.tables[0]?.lagSeconds).toBeNull();
    expect(timeless.reasons[0]?.text).toContain("how far it is behind is not known yet");
  });

  test("a runner at work is waited for until everything is applied and stays so", async () => {
    const stop = new AbortController();
    const running = pair.run({ until: "stopped", signal: stop.signal });
    const answer = await ask({ deadline: AbortSignal.timeout(20_000) });
    expect(answer.drained).toBe(true);
    expect(await pair.rows("target", USER_DATA)).toHaveLength(2);
    stop.abort();
    await running;
  });

  test("a transaction that has not ended keeps the gate shut", async () => {
    const stop = new AbortController();
    const running = pair.run({ until: "stopped", signal: stop.signal });
    const open = await pair.source.test.session();
    await open.exec(["BEGIN", insert("late")]);
    await pair.source.test.exec(insert("early"));
    const answer = await ask({ deadline: AbortSignal.timeout(3_000) });
    expect(answer.drained).toBe(false);
    expect(kinds(answer)).toContain("open-hole");
    expect(kinds(answer)).not.toContain("no-runner");
    await open.exec("COMMIT");
    await open.close();
    expect((await ask({ deadline: AbortSignal.timeout(20_000) })).drained).toBe(true);
    stop.abort();
    await running;
  });

  test("while the source is written the strict gate stays shut, and the one for a small lag opens", async () => {
    const stop = new AbortController();
    const running = pair.run({ until: "stopped", signal: stop.signal });
    let writing = true;
    let written = 0;
    const writer = (async () => {
      const session = await pair.source.test.session();
      while (writing) await session.exec(insert(`w${written++}`));
      await session.close();
    })();
    await waitFor(() => written > 5, { what: "writes" });
    const strict = await ask({ deadline: AbortSignal.timeout(1_500) });
    expect(strict.drained).toBe(false);
    expect((await ask({ maxLagSeconds: 30, deadline: AbortSignal.timeout(20_000) })).drained).toBe(true);
    writing = false;
    await writer;
    expect((await ask({ deadline: AbortSignal.timeout(60_000) })).drained).toBe(true);
    stop.abort();
    await running;
  });

  test("dead letters alone end the wait at once", async () => {
    await pair.target.test.exec(
      `ALTER TABLE ${USER_DATA} ADD CONSTRAINT C_REFUSE CHECK (USER_NAME <> 'poison')`,
    );
    await pair.source.test.exec(insert("poison"));
    await pair.run({ until: "one pass" });
    const answer = await ask({ deadline: AbortSignal.timeout(60_000) });
    expect(answer.drained).toBe(false);
    expect(kinds(answer)).toEqual(["dead-letters"]);
    expect(answer.seconds).toBeLessThan(30);
  });

  test("a table that is not captured any more is no drained table", async () => {
    const table = await pair.table(USER_DATA);
    for (const step of pair.source.dialect.ddl
      .capture(table)
      .filter(({ object }) => object.kind === "trigger")
      .slice(0, 1))
      await pair.source.test.exec(pair.source.dialect.ddl.drop(step.object));
    expect(kinds(await ask({ wait: false }))).toContain("not-captured");
  });
});
