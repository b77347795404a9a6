/** What a change is worth: `worn` where the test fails without it too, so that the process has to be made anew. */
export type Verdict =
  | { readonly kind: "survived"; readonly played: number }
  | {
      readonly kind: "killed" | "timeout";
      readonly test: string;
      readonly why: string;
      readonly played: number;
    }
  | { readonly kind: "worn"; readonly test: string };

/** One turn of a test. */
export interface Turn {
  readonly failure: string | undefined;
  readonly isEndless: boolean;
}

/** What a change is judged by. */
export interface Trial {
  /** In the order in which they are played. */
  readonly tests: readonly string[];
  /** The test for whose sake the process was made anew. */
  readonly suspect?: string | undefined;
  readonly play: (test: string, isChanged: boolean) => Promise<Turn>;
}

/**
 * Judges a change by tests of a process in which others were judged before: it is killed by a test that fails with it, passes without it and fails with
 * it once more. What an earlier change, or a test that was given up, has left behind can then kill nothing.
 */
export const judgeChange = async ({ tests, suspect, play }: Trial): Promise<Verdict> => {
  let played = 0;
  const noticed = (test: string, { failure = "", isEndless }: Turn): Verdict => ({
    kind: isEndless ? "timeout" : "killed",
    test,
    why: failure,
    played,
  });

  if (suspect !== undefined && (await play(suspect, false)).failure === undefined) {
    played += 1;
    const turn = await play(suspect, true);
    if (turn.failure !== undefined) return noticed(suspect, turn);
  }
  for (const test of tests.filter((one) => one !== suspect)) {
    played += 1;
    const turn = await play(test, true);
    if (turn.failure === undefined) continue;
    if ((await play(test, false)).failure !== undefined) return { kind: "worn", test };
    // Also what has no end: on a busy machine anything may be late once.
    if ((await play(test, true)).failure !== undefined) return noticed(test, turn);
  }
  return { kind: "survived", played };
};
