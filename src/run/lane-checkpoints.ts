import {
  type Checkpoint,
  checkpointMoved,
  lowest,
  moveCheckpoint,
  setLanes,
} from "../checkpoint/checkpoint.ts";
import type { Dialect, PreparedWrite } from "../contract/dialect.ts";
import type { Database, Queryable } from "../db/database.ts";
import type { Anchor } from "../journal/at-anchor.ts";
import { failpoint } from "../util/failpoint.ts";
import type { LanePart } from "./lanes.ts";

/** Where the lanes of one table stand on the target, and the transactions that move them together with rows. */
export interface LaneCheckpoints {
  readonly all: () => readonly Checkpoint[];
  /** Up to here everything is applied. */
  readonly lowest: () => Checkpoint;
  /** Takes up where the target's lanes stand, and makes them as many as wanted; level, unless they may lead one another. */
  open(from: readonly Checkpoint[], count: number, mayLead: boolean): Promise<void>;
  /**
   * The lanes of these parts that are to move to `end`, as they stand now: a batch is prepared before the one in front
   * of it has moved them, and one that was led by others may be read anew with an earlier end.
   */
  behind(parts: readonly LanePart[], end: Anchor): readonly Checkpoint[];
  /** Moves the checkpoints first, which keeps their rows locked until the commit; then does the work. */
  transaction<T>(moved: readonly Checkpoint[], end: Anchor, work: (tx: Queryable) => Promise<T>): Promise<T>;
  /** The same for work that moves nothing: the checkpoints are held where they are. */
  hold<T>(held: readonly Checkpoint[], work: (tx: Queryable) => Promise<T>): Promise<T>;
  /** Rows and checkpoint in the dialect's short way; false, with nothing done, where that cannot be. */
  writeShort(from: Checkpoint, end: Anchor, write: PreparedWrite, onSending: () => void): Promise<boolean>;
}

export function createLaneCheckpoints(
  { dialect, db }: { readonly dialect: Dialect; readonly db: Database },
  name: string,
): LaneCheckpoints {
  let lanes: readonly Checkpoint[] = [];

  function committed(moved: readonly Checkpoint[], end: Anchor): void {
    failpoint("afterCommit");
    lanes = lanes.map((lane) =>
      moved.some((other) => other.lane === lane.lane) ? movedTo(lane, end) : lane,
    );
  }

  return {
    all: () => lanes,
    lowest: () => lowest(lanes) ?? { lane: 0, position: 0n, journalId: "", digest: "" },
    async open(from, count, mayLead) {
      lanes = await setLanes(db, dialect, name, from, count, mayLead);
    },
    behind: (parts, end) =>
      lanes.filter(
        ({ lane, position }) => position < end.position && parts.some((part) => part.lane === lane),
      ),
    async transaction(moved, end, work) {
      const result = await db.transaction(async (tx) => {
        for (const lane of moved) await moveCheckpoint(tx, dialect, name, lane, movedTo(lane, end));
        failpoint("beforeApply");
        const value = await work(tx);
        failpoint("afterApplyBeforeCommit");
        return value;
      });
      committed(moved, end);
      return result;
    },
    async hold(held, work) {
      return await db.transaction(async (tx) => {
        for (const lane of held) await moveCheckpoint(tx, dialect, name, lane, lane);
        failpoint("beforeApply");
        const value = await work(tx);
        failpoint("afterApplyBeforeCommit");
        return value;
      });
    },
    async writeShort(from, end, write, onSending) {
      failpoint("beforeApply");
      const move = dialect.sql.moveCheckpoint(name, from, movedTo(from, end));
      const isMoved = await write(db, move, onSending);
      if (isMoved === undefined) return false;
      if (!isMoved) throw checkpointMoved(name, from);
      committed([from], end);
      return true;
    },
  };
}

function movedTo({ lane, journalId }: Checkpoint, { position, digest }: Anchor): Checkpoint {
  return { lane, journalId, position, digest };
}
