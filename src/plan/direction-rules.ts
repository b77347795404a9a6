/**
 * What a plan asks of its direction: what becomes of each table, which tables change their key, what else is read. Forward
 * the rules are those of WSO2's migration; on the way back the transformation has them, and most tables have none.
 */
import type { IsVersion } from "../config/versions.ts";
import type { Direction } from "../contract/direction.ts";
import type { TableSchema } from "../contract/table-schema.ts";
import { type Rekeyed, rekeyedTable, splitFrom } from "./rekeyed-tables.ts";
import { type TableVerdict, tableVerdict } from "./table-verdicts.ts";
import { holdsUserIds } from "./user-claims.ts";
import { READ_ON_THE_WAY_BACK, wayBack, wayBackProblems } from "./way-back.ts";

/** Table names are upper case. */
export interface DirectionRules {
  /** Why these tables cannot go this way, one sentence each, but for what `verdict` refuses. */
  problems(tables: readonly string[]): readonly string[];
  /** "absent": its rows are no rows of their own at the other end. */
  verdict(table: string): TableVerdict | { readonly kind: "absent" };
  /** What is known of a table that has another key at the other end; undefined for all others. */
  rekeyed(table: string): Rekeyed | undefined;
  /** The table whose rows give this one its own; undefined for all others. */
  splitFrom(table: string): string | undefined;
  /** Whether users' ids are kept a second time in this table of the other end. */
  holdsUserIds(table: TableSchema): boolean;
  /** Columns that the transformation reads though the other end lacks them, beside those of a changed key. */
  readonly reads: readonly string[];
}

/** The rules between two releases, always blue's and green's, in either direction. */
export function directionRules(direction: Direction, blue: IsVersion, green: IsVersion): DirectionRules {
  return direction === "back" ? backTo(blue) : forward(blue, green);
}

function forward(source: IsVersion, target: IsVersion): DirectionRules {
  return {
    problems: () => [],
    verdict: (table) => tableVerdict(table, source, target),
    rekeyed: (table) => rekeyedTable(table, source, target),
    splitFrom: (table) => splitFrom(table, source, target),
    holdsUserIds: (table) => holdsUserIds(table, source, target),
    reads: [],
  };
}

function backTo(blue: IsVersion): DirectionRules {
  return {
    problems: (tables) => wayBackProblems(tables, blue),
    verdict(table) {
      // What `problems` refuses is named there once.
      return wayBack(table, blue).kind === "carried" ? { kind: "ruled", makes: [] } : { kind: "absent" };
    },
    rekeyed: () => undefined,
    splitFrom: () => undefined,
    holdsUserIds: () => false,
    reads: READ_ON_THE_WAY_BACK,
  };
}
