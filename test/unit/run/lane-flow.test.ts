import { expect, test } from "vitest";
import { flow, type LaneFlow } from "../../../src/run/lane-flow.ts";

const REFUSED = new Error("refused");

/** Two lanes and four batches; each write ends when the test says so. */
function start(options: Partial<LaneFlow<string>> = {}) {
  const open = new Map<string, (error?: Error) => void>();
  const told: string[] = [];
  const ended = flow({
    lanes: 2,
    units: ["a", "b", "c", "d"],
    write: (batch, lane) =>
      new Promise((resolve, reject) => {
        open.set(`${batch}${lane}`, (error) => (error === undefined ? resolve() : reject(error)));
      }),
    isRefusal: (error) => error === REFUSED,
    signal: new AbortController().signal,
    onWritten: (batch) => told.push(batch),
    ...options,
  });
  ended.catch(() => undefined);
  /** Ends a write, and waits until its lane has gone on. */
  const end = async (write: string, error?: Error): Promise<void> => {
    const close = open.get(write);
    if (close === undefined) throw new Error(`${write} is not under way`);
    open.delete(write);
    close(error);
    await new Promise(setImmediate);
  };
  return { ended, told, end, underWay: () => [...open.keys()].sort() };
}

test("a lane goes on while another is slow; a batch is told of when all have written it", async () => {
  const { ended, told, end, underWay } = start();
  for (const write of ["a0", "b0", "c0"]) await end(write);
  expect(underWay()).toEqual(["a1", "d0"]);
  expect(told).toEqual([]);
  for (const write of ["a1", "b1"]) await end(write);
  expect(told).toEqual(["a", "b"]);
  for (const write of ["d0", "c1", "d1"]) await end(write);
  expect(told).toEqual(["a", "b", "c", "d"]);
  expect(await ended).toEqual({ end: 4, written: [4, 4] });
});

test("when a lane is refused the others come to the last batch that was begun, and no further", async () => {
  const { ended, told, end, underWay } = start();
  for (const write of ["a0", "b0"]) await end(write);
  await end("a1", REFUSED);
  expect(underWay()).toEqual(["c0"]);
  await end("c0");
  expect(await ended).toEqual({ end: 3, written: [3, 0] });
  expect(told).toEqual([]);
});

test("a refused lane that led is waited for by those behind it", async () => {
  const { ended, end, underWay } = start();
  await end("a0");
  await end("b0", REFUSED);
  for (const write of ["a1", "b1"]) await end(write);
  expect(underWay()).toEqual([]);
  expect(await ended).toEqual({ end: 2, written: [1, 2] });
});

test("any other error is thrown when the writes that were under way have ended", async () => {
  const { ended, end, underWay } = start();
  const lost = new Error("lost");
  let isOver = false;
  void ended.catch(() => {
    isOver = true;
  });
  await end("a0", lost);
  expect([underWay(), isOver]).toEqual([["a1"], false]);
  await end("a1");
  expect(isOver).toBe(true);
  await expect(ended).rejects.toBe(lost);
});

test("a stop lets all lanes come to the same batch", async () => {
  const stop = new AbortController();
  const { ended, end, underWay } = start({ signal: stop.signal });
  await end("a0");
  stop.abort();
  await end("b0");
  await end("a1");
  expect(underWay()).toEqual(["b1"]);
  await end("b1");
  expect(await ended).toEqual({ end: 2, written: [2, 2] });
});

test("nothing is begun when the run was stopped before", async () => {
  const { ended, underWay } = start({ signal: AbortSignal.abort() });
  expect(underWay()).toEqual([]);
  expect(await ended).toEqual({ end: 0, written: [0, 0] });
});

test("a refusal after another error begins nothing anew: the error ends the flow", async () => {
  const { ended, end, underWay } = start({ lanes: 3 });
  await end("a0");
  await end("b0");
  const lost = new Error("lost");
  await end("c0", lost);
  await end("a1", REFUSED);
  await end("a2");
  expect(underWay()).toEqual([]);
  await expect(ended).rejects.toBe(lost);
});
