/** Units, one batch or several, that lanes write, each at its own pace. */
export interface LaneFlow<Unit> {
  readonly lanes: number;
  readonly units: readonly Unit[];
  /** Writes one lane's part of one unit. */
  readonly write: (unit: Unit, lane: number) => Promise<void>;
  /** Whether an error is the target's refusal of a row: it ends the flow without failing it. */
  readonly isRefusal: (error: unknown) => boolean;
  readonly signal: AbortSignal;
  /** Every lane has written this unit and those before it. */
  readonly onWritten: (unit: Unit) => void;
}

export interface FlowEnd {
  /** How many units the lanes have come through, but for those that were refused. */
  readonly end: number;
  /** How many each lane has written: less than `end` where it was refused. */
  readonly written: readonly number[];
}

/**
 * Lets every lane write unit after unit without waiting for the others. Once a lane is refused, or the signal stops the
 * run, no lane begins a unit that none has begun, so that all others end at the same one. Any other error ends the flow
 * at once and is thrown when no lane writes any more.
 */
export async function flow<Unit>(options: LaneFlow<Unit>): Promise<FlowEnd> {
  const { lanes, units, write, isRefusal, signal, onWritten } = options;
  const written = new Array<number>(lanes).fill(0);
  let end = units.length;
  let begun = 0;
  let told = 0;
  let failure: { readonly error: unknown } | undefined;
  const beginNoMore = (): void => {
    end = Math.min(end, begun);
  };

  async function run(lane: number): Promise<void> {
    for (const [i, unit] of units.entries()) {
      if (signal.aborted) beginNoMore();
      if (i >= end) return;
      begun = Math.max(begun, i + 1);
      try {
        await write(unit, lane);
      } catch (error) {
        if (isRefusal(error)) return beginNoMore();
        failure ??= { error };
        end = 0;
        return;
      }
      written[lane] = i + 1;
      const all = Math.min(...written);
      for (const done of units.slice(told, all)) onWritten(done);
      told = Math.max(told, all);
    }
  }

  await Promise.all(Array.from({ length: lanes }, (_, lane) => run(lane)));
  if (failure !== undefined) throw failure.error;
  return { end, written };
}
