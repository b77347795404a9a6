/**
 * Why a connection that could be made is not used, as errors with codes of our own. Every dialect throws them and classifies
 * them alike, see dialect/connection-error.ts.
 */
export const STANDBY = "SYNC_STANDBY";
export const REPLICA = "SYNC_REPLICA";
export const POOLED = "SYNC_POOLED";
export const NO_PASSWORD = "SYNC_NO_PASSWORD";
export const NO_TLS = "SYNC_NO_TLS";
export const OTHER_SERVER = "SYNC_OTHER_SERVER";
export const SILENT = "SYNC_SILENT";
export const UNCHECKED = "SYNC_UNCHECKED";

export type UnusableCode =
  | typeof STANDBY
  | typeof REPLICA
  | typeof POOLED
  | typeof NO_PASSWORD
  | typeof NO_TLS
  | typeof OTHER_SERVER
  | typeof SILENT
  | typeof UNCHECKED;

/** `speaks`: with OTHER_SERVER, what answers at the address instead. */
export function unusable(code: UnusableCode, speaks?: string): Error {
  return Object.assign(new Error("the connection is of no use"), { code, ...(speaks && { speaks }) });
}
