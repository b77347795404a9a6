import type { History } from "./arbitrary.ts";

/** Histories that once ended with a wrong target, kept as examples. */
export const FAILED_BEFORE: readonly History[] = [
  // Lanes at different positions after a crash, brought together while a connection is cut.
  {
    steps: [
      { session: 0, act: { do: "login", token: "t2", app: null, slot: "s0" } },
      { session: 0, act: { do: "login", token: "t0", app: null, slot: "s0" } },
      { session: 0, act: { do: "data", user: "😀" } },
      { session: 0, act: { do: "rekey", token: "t0", to: "t3" } },
      { session: 0, act: { do: "savepoint" } },
      { session: 0, act: { do: "setData", user: "ann" } },
      { session: 0, act: { do: "swap", a: "t0", b: "t0", slotA: "s0", slotB: "s0" } },
    ],
    dumpBefore: 0,
    isolation: "READ COMMITTED",
    batchSize: 1,
    parallelism: [4, 1],
    crashes: [
      { transaction: 9, where: "after commit" },
      { transaction: 1, where: "connection cut" },
      { transaction: 11, where: "connection cut" },
    ],
  },
  // A lane's connection is cut at the moment in which the runner dies of another lane.
  {
    steps: [
      { session: 0, act: { do: "login", token: "t3", app: null, slot: "s0" } },
      { session: 0, act: { do: "data", user: "ann" } },
      { session: 0, act: { do: "touchAll" } },
      { session: 0, act: { do: "commit" } },
    ],
    dumpBefore: 0,
    isolation: "READ COMMITTED",
    batchSize: 1,
    parallelism: [4, 1],
    crashes: [
      { transaction: 8, where: "connection cut" },
      { transaction: 10, where: "before it begins" },
    ],
  },
];
