import type { TableStatus } from "../../src/status/table-status.ts";

/** A table that is captured, applied and undisturbed, but for what is said of it. */
export const tableStatus = (about: Partial<TableStatus> = {}): TableStatus => ({
  schema: "identity",
  table: "T",
  group: "G",
  captured: true,
  pending: 0,
  pendingIsEstimate: false,
  lagSeconds: 0,
  checkpoint: "12",
  openHole: null,
  writers: 0,
  holders: [],
  waitsFor: [],
  runner: null,
  appliedPerSecond: null,
  throttle: null,
  lastError: null,
  stopped: null,
  deadLetters: 0,
  deadLettersByCode: {},
  dropped: 0,
  gap: null,
  drift: [],
  problems: [],
  ...about,
});
