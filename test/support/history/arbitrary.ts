import fc from "fast-check";
import type { Crash } from "./crashing-database.ts";
import { APPS, SCOPES, SLOTS, TOKENS, USERS, type Work } from "./work.ts";

export interface Step {
  /** Which of the sessions acts. */
  readonly session: number;
  readonly act: Work | { readonly do: "commit" | "rollback" | "savepoint" | "rollback to savepoint" };
}

export interface History {
  readonly steps: readonly Step[];
  /** The target is a copy of the source as it was committed before this step; 0: both begin empty. */
  readonly dumpBefore: number;
  readonly isolation: "READ COMMITTED" | "REPEATABLE READ";
  readonly batchSize: number;
  /** Connections that write a table at a time; it may change from one life of the runner to the next. */
  readonly parallelism: readonly [number, ...number[]];
  readonly crashes: readonly Crash[];
}

export const SESSIONS = 3;

const token = fc.constantFrom(...TOKENS);
const scope = fc.constantFrom(...SCOPES);
const user = fc.constantFrom(...USERS);
const slot = fc.constantFrom(...SLOTS);
const app = fc.constantFrom(...APPS);
const anyApp = fc.constantFrom(...APPS, null);

const work: fc.Arbitrary<Work> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("login" as const), token, app: anyApp, slot }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("refresh" as const), token, to: token, app, slot }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("renew" as const), token, app: anyApp, slot, scope }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("touch" as const), token }) },
  { weight: 1, arbitrary: fc.constant({ do: "touchAll" as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("setSlot" as const), token, slot }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("swap" as const), a: token, b: token, slotA: slot, slotB: slot }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("rekey" as const), token, to: token }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("logout" as const), token }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("logoutAll" as const), app }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("scope" as const), token, scope }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("scopes" as const), token }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("rescope" as const), token, scope, to: scope }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("unscope" as const), token, scope }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("makeApp" as const), app }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("dropApp" as const), app }) },
  { weight: 1, arbitrary: fc.constant({ do: "dropApps" as const }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("data" as const), user }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("setData" as const), user }) },
  { weight: 1, arbitrary: fc.constant({ do: "clearData" as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("renameData" as const), user, to: user }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("dropData" as const), user }) },
);

const control = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ do: "commit" as const }) },
  { weight: 2, arbitrary: fc.constant({ do: "rollback" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "savepoint" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "rollback to savepoint" as const }) },
);

export const step: fc.Arbitrary<Step> = fc.record({
  session: fc.nat(SESSIONS - 1),
  act: fc.oneof({ weight: 3, arbitrary: work }, { weight: 1, arbitrary: control }),
});

export const crash: fc.Arbitrary<Crash> = fc.record({
  transaction: fc.integer({ min: 1, max: 12 }),
  where: fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom("before it begins", "before commit", "after commit"),
    },
    { weight: 1, arbitrary: fc.constant("connection cut" as const) },
  ),
});

/** Any history of concurrent transactions, any batch size from 1, any points of failure. */
export const anyHistory: fc.Arbitrary<History> = fc.record({
  steps: fc.array(step, { minLength: 4, maxLength: 30, size: "max" }),
  dumpBefore: fc.oneof(fc.constant(0), fc.nat(20)),
  isolation: fc.constantFrom("READ COMMITTED", "REPEATABLE READ"),
  batchSize: fc.constantFrom(1, 1, 2, 3, 5, 100),
  parallelism: fc.oneof(
    { weight: 3, arbitrary: fc.constant([1] as const) },
    { weight: 2, arbitrary: fc.tuple(fc.constantFrom(1, 2, 4), fc.constantFrom(1, 2, 4)) },
  ),
  crashes: fc.array(crash, { maxLength: 3 }),
});
