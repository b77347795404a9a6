import type { Dialect } from "../contract/dialect.ts";
import type { SyncPlan } from "../contract/sync-plan.ts";
import type { Database } from "../db/database.ts";
import { acquireLock } from "../dialect/acquire-lock.ts";
import { SyncError } from "../errors.ts";

interface Side {
  readonly db: Database;
  readonly dialect: Dialect;
}

/** Gives back what was taken. */
export interface Hold {
  release(): Promise<void>;
}

/** Takes the place of a runner in every group of a plan, so that none works meanwhile. Throws RUNNER_ACTIVE when one does. */
export async function holdGroups({ db, dialect }: Side, plan: SyncPlan): Promise<Hold> {
  const { home } = await dialect.introspector.server(db);
  const held: Hold[] = [];
  const release = async (): Promise<void> => {
    for (const hold of held) await hold.release();
  };
  for (const { name } of plan.groups) {
    const lock = await groupLock(db, dialect, `${home}/${name}`);
    if (lock !== undefined) {
      held.push(lock);
      continue;
    }
    await release();
    throw new SyncError("RUNNER_ACTIVE", {
      what: `A runner is at work on ${name}`,
      next: "Stop every `sync-tool run` of these databases, standbys too, then give the command again",
    });
  }
  return { release };
}

/** Where the locks' own table is not there yet, no runner has ever been. */
async function groupLock(db: Database, dialect: Dialect, name: string): Promise<Hold | undefined> {
  try {
    return await acquireLock(dialect, db, name);
  } catch (error) {
    if (dialect.classifyError(error).class !== "schema") throw error;
    return { release: () => Promise.resolve() };
  }
}
