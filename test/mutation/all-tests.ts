import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, inject, type RunnerTestCase, type RunnerTestSuite } from "vitest";
import { judgeChange, type Verdict } from "./judge-change.ts";
import { closeSuites, type Played, playTest, suitesOf, switches } from "./play-test.ts";

/*
 * Loads the unit tests once, and plays those that a change needs as often as it is asked to: the loading of a test's modules, not the
 * test, is what a change costs otherwise. Speaks with one-process.js.
 */

interface Change {
  readonly id: string;
  /** The changed file's name without its folder and its ending. */
  readonly file: string;
  readonly hitLimit?: number;
  readonly tests: readonly string[];
  readonly suspect?: string;
}
type Request = { readonly end: true } | { readonly dry: true } | { readonly change: Change };

const ROOT = join(import.meta.dirname, "../..");
const UNIT = join(ROOT, "test/unit");
/** They read documents and samples, start servers, or ask vitest for the test that is being played. */
const LEFT_OUT = /^(db|deployment|dialect|docs|house)\/|no-secret-leaks|cli\/completion/;
/** What each test takes without a change, so that the quick ones come first in every process. */
const TIMES = join(ROOT, "test/mutation/times.json");
/** A change that no test notices within tests of so much of the processor's time, as they take without it, counts as a survivor. */
const ENOUGH_MS = 5_000;

const files = (readdirSync(UNIT, { recursive: true }) as string[])
  .filter((file) => file.endsWith(".test.ts") && !LEFT_OUT.test(file))
  .sort();
for (const file of files) {
  describe(file, async () => {
    await import(join(UNIT, file));
  });
}

const collect = (suite: RunnerTestSuite): RunnerTestCase[] =>
  suite.tasks.flatMap((task) => (task.type === "suite" ? collect(task) : task.mode === "run" ? [task] : []));

const nameAll = (tasks: readonly RunnerTestCase[]): Map<string, RunnerTestCase> => {
  const named = new Map<string, RunnerTestCase>();
  for (const task of tasks) {
    const name = [...suitesOf(task), task].map((one) => one.name).join(" ");
    let id = name;
    for (let turn = 2; named.has(id); turn += 1) id = `${name} (${turn})`;
    named.set(id, task);
  }
  return named;
};

type Times = Readonly<Record<string, Pick<Played, "timeSpentMs" | "cpuMs">>>;

const playAll = async (named: ReadonlyMap<string, RunnerTestCase>): Promise<unknown> => {
  const tests: (Played & { readonly id: string; readonly name: string })[] = [];
  for (const [id, task] of named) {
    tests.push({ id, name: id, ...(await playTest(task, { id, limitMs: 300_000 })) });
  }
  const times: Times = Object.fromEntries(
    tests.map(({ id, timeSpentMs, cpuMs }) => [id, { timeSpentMs, cpuMs }]),
  );
  writeFileSync(TIMES, JSON.stringify(times));
  return { tests, coverage: switches.mutantCoverage };
};

/** The tests that bear the file's name first, then the quick ones, as many as are enough. */
const inOrder = ({ tests, file }: Change, times: Times): readonly string[] => {
  const costOf = (id: string) => times[id]?.cpuMs ?? 0;
  const rank = (id: string) => (id.includes(`/${file}.test.ts`) ? 0 : 1);
  let spent = 0;
  return tests
    .toSorted((a, b) => rank(a) - rank(b) || costOf(a) - costOf(b))
    .filter((id) => {
      const isTaken = spent <= ENOUGH_MS;
      spent += costOf(id);
      return isTaken;
    });
};

const tryChange = (
  named: ReadonlyMap<string, RunnerTestCase>,
  times: Times,
  change: Change,
): Promise<Verdict> => {
  // A name may hold what is another one in each process, say the path of a temporary folder.
  const tests = change.tests.filter((id) => named.has(id));
  return judgeChange({
    tests: inOrder({ ...change, tests }, times),
    suspect: change.suspect,
    play: async (id, isChanged) => {
      const task = named.get(id);
      if (task === undefined) throw new Error(`No test is named ${id}`);
      const limitMs = 3_000 + 5 * (times[id]?.timeSpentMs ?? 0);
      return playTest(task, {
        id,
        limitMs,
        change: isChanged ? change.id : undefined,
        hitLimit: change.hitLimit,
      });
    },
  });
};

// biome-ignore lint/correctness/noEmptyPattern: vitest asks for the pattern before it gives the suite
beforeAll(async ({}, file) => {
  const named = nameAll(collect(file));
  const channel = new BroadcastChannel(inject("channel" as never));
  let times: Times | undefined;
  const answer = async (request: Request): Promise<unknown> => {
    if ("dry" in request) return playAll(named);
    if ("end" in request) return closeSuites();
    times ??= JSON.parse(readFileSync(TIMES, "utf8")) as Times;
    return tryChange(named, times, request.change);
  };
  await new Promise<void>((resolve) => {
    channel.onmessage = async (event) => {
      const { request } = (event as unknown as { readonly data: { readonly request: Request } }).data;
      channel.postMessage(
        await answer(request).then(
          (value) => ({ answer: value }),
          (error: unknown) => ({ error: String(error) }),
        ),
      );
      if ("end" in request) resolve();
    };
    channel.postMessage({ ready: true });
  });
  channel.close();
  // By itself vitest would play them all now.
  throw new Error("No more changes");
}, 0);
