import { type RunnerTestCase, type RunnerTestSuite, TestRunner, vi } from "vitest";

/** What Stryker's instrumented code reads and writes. */
interface Switches {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?: unknown;
}

/** A test as it went. */
export interface Played {
  readonly failure: string | undefined;
  /** It went on for too long, or passed the change more often than any loop with an end. */
  readonly isEndless: boolean;
  readonly timeSpentMs: number;
  /** Of this process: what a test costs, however busy the machine is. */
  readonly cpuMs: number;
}

/** How a test is played. */
export interface Play {
  readonly id: string;
  readonly limitMs: number;
  /** Stryker's number of the change that is switched on. */
  readonly change?: string | undefined;
  readonly hitLimit?: number | undefined;
}

// As they are before a test puts its own in their place.
const { setTimeout, clearTimeout } = globalThis;
const global = globalThis as unknown as { __stryker__?: Switches };
global.__stryker__ ??= {};
export const switches: Switches = global.__stryker__;

const opened = new Set<RunnerTestSuite>();

/** The suites that a test stands in, the outermost first. */
export const suitesOf = (task: RunnerTestCase): RunnerTestSuite[] => {
  const suites: RunnerTestSuite[] = [];
  for (let { suite } = task; suite !== undefined; suite = suite.suite) suites.unshift(suite);
  return suites;
};

/** What stands before all is done once, and never with a change. */
const openSuites = async (suites: readonly RunnerTestSuite[]): Promise<void> => {
  for (const suite of suites.filter((one) => !opened.has(one))) {
    opened.add(suite);
    for (const hook of TestRunner.getSuiteHooks(suite).beforeAll) await hook(suite);
  }
};

/** Does what stands after all, for the suites of which a test was played. */
export const closeSuites = async (): Promise<void> => {
  for (const suite of opened) {
    for (const hook of TestRunner.getSuiteHooks(suite).afterAll.toReversed()) await hook(suite);
  }
};

const playBody = async (task: RunnerTestCase, suites: readonly RunnerTestSuite[]): Promise<void> => {
  // One that was given up may have left them.
  if (vi.isFakeTimers()) vi.useRealTimers();
  try {
    for (const suite of suites) {
      for (const hook of TestRunner.getSuiteHooks(suite).beforeEach) await hook(task.context, suite);
    }
    await TestRunner.getTestFn(task)();
  } finally {
    for (const suite of suites.toReversed()) {
      for (const hook of TestRunner.getSuiteHooks(suite).afterEach.toReversed()) {
        await hook(task.context, suite);
      }
    }
  }
};

/** Plays a test, with a change or without one, and gives it up when its time is over. */
export const playTest = async (
  task: RunnerTestCase,
  { id, limitMs, change, hitLimit }: Play,
): Promise<Played> => {
  const suites = suitesOf(task);
  await openSuites(suites);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve("late"), limitMs);
  });
  const begun = performance.now();
  const cpu = process.cpuUsage();
  Object.assign(switches, { currentTestId: id, activeMutant: change, hitCount: 0, hitLimit });
  const body = playBody(task, suites).then(
    () => undefined,
    (error: unknown) => String(error).slice(0, 300),
  );
  const failure = await Promise.race([late, body]);
  const isEndless = failure === "late" || (switches.hitCount ?? 0) > (hitLimit ?? Number.POSITIVE_INFINITY);
  Object.assign(switches, { currentTestId: undefined, activeMutant: undefined });
  clearTimeout(timer);
  const { user, system } = process.cpuUsage(cpu);
  return { failure, isEndless, timeSpentMs: performance.now() - begun, cpuMs: (user + system) / 1_000 };
};
