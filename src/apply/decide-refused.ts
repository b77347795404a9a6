import type { ConflictPolicy } from "./conflict.ts";
import type { ParentVerdict } from "./missing-parents.ts";

/** What is known of a change that the target refused, without asking anybody. */
export interface RefusedChange {
  /** "row": a value or a constraint; "parent": a foreign key; "unique": another row holds a unique key. */
  readonly refusal: "row" | "parent" | "unique";
  /** "write": a row in its last image; "delete"; "respelled": the end of a key's old spelling. */
  readonly change: "write" | "delete" | "respelled";
  /** In a rekeyed table a key may not be found. */
  readonly keyIsKnown: boolean;
  /** Rows of other tables of the target may refer to the row without being deleted along. */
  readonly hasChildren: boolean;
  readonly policy: ConflictPolicy;
  /** The row has a state in which it holds no unique key. */
  readonly canBeRetired: boolean;
  /** The transformation offers another row for a unique key that is taken. */
  readonly hasOtherRow: boolean;
}

/** What has been found out so far. */
export interface Findings {
  /** A later change of the same row stands in the journal, and is not applied. */
  readonly isOutdated?: boolean;
  readonly parent?: ParentVerdict["verdict"];
  /** The parent's journal is not applied yet as far as it reached. */
  readonly parentMayCome?: boolean;
  /** The parent's row is a dead letter. */
  readonly parentIsSetAside?: boolean;
  /** Who holds the unique key: a row that a change is on its way to, or one that green made. */
  readonly holder?: "nobody" | "under way" | "green";
  /** Which of the two rows was created later; equal times count for the target's. */
  readonly newer?: "source" | "target";
}

export type Question = keyof Findings;

/**
 * "pass": nothing is to be done; "wait": this change and all behind it wait; "drop": the policy gives it up, which is
 * counted. What an act that writes is refused once more is set aside.
 */
export type Act =
  | "set aside"
  | "pass"
  | "wait"
  | "drop"
  | "delete with children"
  | "write other row"
  | "retire the holder"
  | "write retired";

export type Decision = { readonly ask: Question } | { readonly act: Act };

/**
 * What becomes of a change that the target refuses when it is applied alone. The lines are gone through from the first;
 * what a line needs to know is asked for when it is reached, and not before.
 *
 * | # | refusal | change | known | act |
 * |---|---|---|---|---|
 * | 1 | any | leaves no row | outdated, keep-target | set aside: an INSERT that follows must not take the row for green's own |
 * | 2 | any | any | outdated | pass: the later change decides |
 * | 3 | any | delete | key known, has children | delete with children: on the source they went first |
 * | 4 | any | leaves no row | else | set aside |
 * | 5 | parent | write | parent gone from the source | pass: a cascade deleted the row since |
 * | 6 | parent | write | its journal is still to be applied | wait: it may bring the parent |
 * | 7 | parent | write | keep-target, parent not written, no dead letter | drop: it goes with its parent |
 * | 8 | parent | write | else | set aside |
 * | 9 | unique | write | has another row | write other row |
 * | 10 | unique | write | dead-letter, or newest and cannot be retired | set aside |
 * | 11 | unique | write | holder under way, or nobody | set aside: it may give the key up, or is not known |
 * | 12 | unique | write | keep-target | drop |
 * | 13 | unique | write | newest, the source's is newer | retire the holder |
 * | 14 | unique | write | newest, it is not | write retired |
 * | 15 | row | write | | set aside |
 */
export function decideRefused(about: RefusedChange, found: Findings): Decision {
  const { refusal, change, policy } = about;
  if (found.isOutdated === undefined) return { ask: "isOutdated" };
  if (found.isOutdated && change !== "write" && policy === "keep-target") return SET_ASIDE;
  if (found.isOutdated) return { act: "pass" };
  if (change === "delete" && about.keyIsKnown && about.hasChildren) return { act: "delete with children" };
  if (change !== "write" || refusal === "row") return SET_ASIDE;
  return refusal === "parent" ? withoutParent(about, found) : withoutUniqueKey(about, found);
}

const SET_ASIDE: Decision = { act: "set aside" };

function withoutParent({ policy }: RefusedChange, found: Findings): Decision {
  if (found.parent === undefined) return { ask: "parent" };
  if (found.parent === "gone") return { act: "pass" };
  if (found.parentMayCome === undefined) return { ask: "parentMayCome" };
  if (found.parentMayCome) return { act: "wait" };
  if (policy !== "keep-target" || found.parent !== "not written") return SET_ASIDE;
  if (found.parentIsSetAside === undefined) return { ask: "parentIsSetAside" };
  return found.parentIsSetAside ? SET_ASIDE : { act: "drop" };
}

function withoutUniqueKey({ policy, canBeRetired, hasOtherRow }: RefusedChange, found: Findings): Decision {
  if (hasOtherRow) return { act: "write other row" };
  if (policy === "dead-letter" || (policy === "newest" && !canBeRetired)) return SET_ASIDE;
  if (found.holder === undefined) return { ask: "holder" };
  if (found.holder !== "green") return SET_ASIDE;
  if (policy === "keep-target") return { act: "drop" };
  if (found.newer === undefined) return { ask: "newer" };
  return { act: found.newer === "source" ? "retire the holder" : "write retired" };
}
