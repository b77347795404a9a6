import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { describeDialects } from "../support/dialects.ts";
import { type FaultLab, type LabRun, openFaultLab } from "../support/fault-lab.ts";
import { type FaultRun, startFaultRun } from "../support/fault-run.ts";
import { waitFor } from "../support/wait-for.ts";

/** A runner looks for the lock once a second; the rest is for a machine that has other work. */
const SOON_MS = 15_000;

describeDialects("Of two runners, one that is cut off", (dialect) => {
  const { startPrivate } = dialect;
  if (startPrivate === undefined) {
    test.skip("skipped: the server comes by URL and must not be harmed", () => undefined);
    return;
  }
  let lab: FaultLab;
  let first: LabRun;
  let standby: FaultRun | undefined;
  beforeAll(async () => {
    lab = await openFaultLab(dialect, startPrivate);
  });
  afterAll(() => lab.close());
  afterEach(async () => {
    await lab.sourceProxy.heal();
    await lab.targetProxy.heal();
    await standby?.stop();
    await first.end();
    await lab.pair.source.test.exec("DELETE FROM F");
    await lab.pair.run();
  });

  /** The first at work through the proxies, the second with a way of its own. */
  async function start(): Promise<{ readonly events: string[] }> {
    const events: string[] = [];
    first = await lab.start();
    await first.write("before");
    await first.untilArrived("before");
    standby = startFaultRun(lab.pair, {}, (event) => events.push(event));
    await waitFor(() => events.includes("standby"), { what: "the second to stand by" });
    return { events };
  }

  async function takesOver(events: readonly string[], harm: () => void): Promise<void> {
    const began = performance.now();
    harm();
    await first.write("during");
    await waitFor(() => events.includes("taken over"), {
      what: "the standby to take over",
      timeoutMs: 60_000,
      facts: () => JSON.stringify(first.troubles(), undefined, 1),
    });
    await first.untilArrived("during");
    expect(performance.now() - began).toBeLessThan(SOON_MS);
    expect(await lab.pair.rows("target", "F")).toEqual(await lab.pair.rows("source", "F"));
  }

  test("from the source, which refuses it, gives the work to the other within seconds, and stands by when it is back", async () => {
    const { events } = await start();
    await takesOver(events, () => lab.sourceProxy.refuse());
    expect(first.troubles().map(({ message }) => message)).toContain("a failure is tried again");
    await lab.sourceProxy.heal();
    await standby?.stop();
    standby = undefined;
    await first.write("after");
    await first.untilArrived("after");
    await first.stop();
  });

  test("from the source, which is silent, does so once its connections count as dead", async () => {
    const { events } = await start();
    await takesOver(events, () => lab.sourceProxy.silence());
  });

  test("from the target loses the lock with its connection", async () => {
    const { events } = await start();
    await takesOver(events, () => lab.targetProxy.refuse());
  });
});
