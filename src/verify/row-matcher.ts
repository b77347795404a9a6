/** Rows of both sides on their way to each other, in memory: no database is asked for a key. */
export interface RowMatcher<S, T> {
  /** Takes the next row of a side, and gives its counterpart when that came before. */
  source(text: string, row: S): T | undefined;
  target(text: string, row: T): S | undefined;
  /** Counts a row of the source that is not to have a counterpart. */
  pass(): void;
  /** Takes out the oldest rows without a counterpart until no side holds more than `most`. */
  overflow(most: number): Unmatched<S, T>;
  /** Forgets the rows that came after the pair, and takes out those before it: both sides can be read on from there. */
  rewind(): (Unmatched<S, T> & { readonly pair: Pair<S, T> }) | undefined;
  /**
   * The last pair, when all others and all rows that were taken out came before it on both sides. Undefined where none is
   * like that: before the first, or while the sides have different orders.
   */
  readonly pair: Pair<S, T> | undefined;
  /** Rows without a counterpart that came before the pair. */
  before(pair: Pair<S, T>): Unmatched<S, T>;
  /** Rows taken so far. */
  readonly taken: { readonly source: number; readonly target: number };
  readonly held: { readonly source: number; readonly target: number };
}

export interface Unmatched<S, T> {
  readonly source: readonly S[];
  readonly target: readonly T[];
}

export interface Pair<S, T> {
  readonly source: S;
  readonly target: T;
  /** Rows of each side up to it, itself among them. */
  readonly rows: { readonly source: number; readonly target: number };
}

interface Held<R> {
  readonly n: number;
  readonly row: R;
}

export function createRowMatcher<S, T>(): RowMatcher<S, T> {
  const sources = new Map<string, Held<S>>();
  const targets = new Map<string, Held<T>>();
  const taken = { source: 0, target: 0 };
  let pair: Pair<S, T> | undefined;
  /** The rows of the pairs that went furthest on each side. */
  const furthest = { source: 0, target: 0 };
  /** The rows that went furthest of those that were taken out. */
  const gone = { source: 0, target: 0 };
  /** Of one text two rows of a side: only the collation of its key tells them apart. */
  let doubled = 0;

  function hold<R>(held: Map<string, Held<R>>, text: string, entry: Held<R>): void {
    held.set(held.has(text) ? `${text}\u0000${++doubled}` : text, entry);
  }

  function matched(source: Held<S>, target: Held<T>): void {
    furthest.source = Math.max(furthest.source, source.n);
    furthest.target = Math.max(furthest.target, target.n);
    if (source.n === furthest.source && target.n === furthest.target)
      pair = { source: source.row, target: target.row, rows: { source: source.n, target: target.n } };
    else pair = undefined;
  }

  function takeOldest<R>(held: Map<string, Held<R>>, count: number, side: keyof typeof gone): readonly R[] {
    const rows: R[] = [];
    for (const [text, { n, row }] of held) {
      if (rows.length >= count) break;
      held.delete(text);
      rows.push(row);
      gone[side] = Math.max(gone[side], n);
    }
    return rows;
  }

  const safePair = (): Pair<S, T> | undefined =>
    pair !== undefined && pair.rows.source >= gone.source && pair.rows.target >= gone.target
      ? pair
      : undefined;

  const upTo = <R>(held: ReadonlyMap<string, Held<R>>, n: number): readonly R[] =>
    [...held.values()].flatMap((one) => (one.n < n ? [one.row] : []));

  return {
    source(text, row) {
      const entry = { n: ++taken.source, row };
      const other = targets.get(text);
      if (other === undefined) {
        hold(sources, text, entry);
        return undefined;
      }
      targets.delete(text);
      matched(entry, other);
      return other.row;
    },
    target(text, row) {
      const entry = { n: ++taken.target, row };
      const other = sources.get(text);
      if (other === undefined) {
        hold(targets, text, entry);
        return undefined;
      }
      sources.delete(text);
      matched(other, entry);
      return other.row;
    },
    pass() {
      taken.source += 1;
    },
    overflow: (most) => ({
      source: takeOldest(sources, sources.size - most, "source"),
      target: takeOldest(targets, targets.size - most, "target"),
    }),
    rewind() {
      const end = safePair();
      if (end === undefined) return undefined;
      const { rows } = end;
      const left = { source: upTo(sources, rows.source), target: upTo(targets, rows.target), pair: end };
      sources.clear();
      targets.clear();
      taken.source = rows.source;
      taken.target = rows.target;
      return left;
    },
    get pair() {
      return safePair();
    },
    before: ({ rows }) => ({ source: upTo(sources, rows.source), target: upTo(targets, rows.target) }),
    get taken() {
      return { ...taken };
    },
    get held() {
      return { source: sources.size, target: targets.size };
    },
  };
}
