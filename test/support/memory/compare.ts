import type { StateStore, VerifyState } from "../../../src/verify/progress-state.ts";
import { verify } from "../../../src/verify/verify.ts";
import type { ReportedDifference, VerifyOptions } from "../../../src/verify/verify-options.ts";
import { type Pair, PLAIN_ROWS, planOfPair } from "./pair.ts";

/** Compares both sides of a pair of rows in arrays; gives what the comparison came to, and each difference as it was told. */
export async function comparePair(pair: Pair, more: Partial<VerifyOptions> = {}) {
  const differences: ReportedDifference[] = [];
  const report = await verify({
    plan: planOfPair(pair),
    source: pair.source,
    target: pair.target,
    rowsFor: () => PLAIN_ROWS,
    patienceMs: 20,
    signal: new AbortController().signal,
    onDifference: (difference) => void differences.push(difference),
    ...more,
  });
  return { report, differences };
}

/** Keeps a state as JSON would. */
export function memoryStore(): StateStore & { state: VerifyState | undefined } {
  const store = {
    state: undefined as VerifyState | undefined,
    load: async () => store.state,
    save: async (state: VerifyState) => {
      store.state = structuredClone(state);
    },
  };
  return store;
}
