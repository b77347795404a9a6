/**
 * Makes of a source row the row that WSO2's migration client and the target's release would hold. Rows of a release are
 * changed step by step; a step applies when source < step <= target, so between equal versions nothing happens.
 * Columns that only the target has are not named in a row unless a step computes them: there the default applies.
 */
import { wholeTable } from "../config/known-tables.ts";
import type { Row } from "../row.ts";
import type { BackNeed } from "./back-lookups.ts";
import { byName, withinLengths } from "./by-name.ts";
import type { Lookups } from "./lookups.ts";
import type { RowTransformer, Step, TableStep, TransformContext, Transformed } from "./step.ts";
import { step as v5_1_0 } from "./steps/5.1.0.ts";
import { step as v5_2_0 } from "./steps/5.2.0.ts";
import { step as v5_4_0 } from "./steps/5.4.0.ts";
import { step as v5_5_0 } from "./steps/5.5.0.ts";
import { step as v5_7_0 } from "./steps/5.7.0.ts";
import { step as v5_8_0 } from "./steps/5.8.0.ts";
import { step as v5_10_0 } from "./steps/5.10.0.ts";
import { step as v5_11_0 } from "./steps/5.11.0.ts";
import { overValues, PLAIN_READERS, type ValueReaders } from "./stored-value.ts";
import { isCrossed } from "./version-order.ts";

export type { Lookups } from "./lookups.ts";
export type { RowTransformer, TransformContext, Transformed } from "./step.ts";

/** Releases that change rows of the synced tables, oldest first. */
const STEPS: readonly Step[] = [v5_1_0, v5_2_0, v5_4_0, v5_5_0, v5_7_0, v5_8_0, v5_10_0, v5_11_0];

/** The transformation of one table between two versions. */
export interface Transformer {
  /** "<version> <title>" of each step that applies, in order; empty when rows pass as they are. */
  readonly steps: readonly string[];
  /** What to load before each batch: look-ups, and the readers of its stored values. */
  readonly needs: {
    readonly localIdp: boolean;
    readonly accounts: boolean;
    readonly scimIds: boolean;
    readonly values: boolean;
    /** Look-ups of the way back; empty on the way forward. */
    readonly back: readonly BackNeed[];
  };
  /**
   * Pure. `readers` read stored tokens and secrets before the steps that look at them see them (5.5.0, 5.7.0, 5.11.0);
   * they give the value and hash to be stored, and later steps leave these alone. Default: plain values pass,
   * encrypted and hashed ones fail the row.
   */
  readonly transform: (row: Row, lookups: Lookups, readers?: ValueReaders) => Transformed;
  /** Rows that are not to be on the other side at all; undefined where there are none. */
  readonly leavesOut: ((row: Row, lookups: Lookups) => boolean) | undefined;
  /** Key columns that are left out of a row that the other side does not have: its database numbers it. */
  readonly numbers: readonly string[];
  /** Columns present in every transformed row though the source may lack them. */
  readonly adds: readonly string[];
  /** Columns that a migrated target has, beyond those. */
  readonly expects: readonly string[];
  /** Columns that must not be overwritten when the target has the row already. */
  readonly keepOnUpdate: readonly string[];
  /**
   * Gives the row to insert instead of a transformed one that CON_APP_KEY of the target refused; undefined where a
   * collision is to be dealt with as any other conflict. Only TOKEN_SCOPE_HASH differs (`scope-hash.ts`).
   */
  readonly onUniqueConflict: ((row: Row) => Row) | undefined;
}

/**
 * Builds the transformer of one table. Tables that no step touches pass as they are.
 */
export function buildTransformer(context: TransformContext): Transformer {
  const table = wholeTable(context.table.toUpperCase());
  const isBack = context.direction === "back";
  const crossed = STEPS.filter((step) =>
    isCrossed(step.version, context.sourceVersion, context.targetVersion),
  );
  const chosen = (isBack ? [...crossed].reverse() : crossed)
    .map((step) => ({
      name: `${step.version} ${step.title}`,
      part: isBack ? step.back?.(table, context) : step.forTable(table, context),
    }))
    .flatMap(({ name, part }) => (part === undefined ? [] : [{ name, part }]));
  const first = isBack ? byName(table, context) : undefined;
  const parts: readonly TableStep[] = [
    ...(first === undefined ? [] : [first]),
    ...chosen.map(({ part }) => part),
  ];
  const readsValues = parts.some((part) => part.readsValues);
  const last = isBack ? [withinLengths(context)] : [];
  const steps = chain([...parts.map((part) => part.transform), ...last]);
  return {
    steps: chosen.map(({ name }) => name),
    needs: {
      localIdp: parts.some((part) => part.needsLocalIdp),
      accounts: parts.some((part) => part.needsAccounts),
      scimIds: parts.some((part) => part.needsScimIds),
      values: readsValues,
      back: [...new Set(parts.flatMap((part) => part.needsBack ?? []))],
    },
    leavesOut: parts.find((part) => part.leavesOut)?.leavesOut,
    numbers: parts.flatMap((part) => part.numbers ?? []),
    transform: (row, lookups, readers = PLAIN_READERS) => {
      const read = readsValues ? overValues(table, readers)(row, lookups) : { row };
      return "failure" in read ? read : steps(read.row, lookups);
    },
    adds: [...new Set(parts.flatMap((part) => part.adds ?? []))],
    expects: parts.flatMap((part) => part.expects ?? []),
    keepOnUpdate: parts.flatMap((part) => part.keepOnUpdate ?? []),
    onUniqueConflict: parts.find((part) => part.onUniqueConflict)?.onUniqueConflict,
  };
}

function chain(transformers: readonly RowTransformer[]): RowTransformer {
  return (row, lookups) => {
    let current = row;
    for (const transform of transformers) {
      const result = transform(current, lookups);
      if ("failure" in result) return result;
      current = result.row;
    }
    return { row: current };
  };
}
