import { wholeTable } from "../config/known-tables.ts";
import type { SyncConfig } from "../config/sync-config.ts";
import { compareVersions, isStepBetween } from "../config/versions.ts";
import { SyncError } from "../errors.ts";
import { backProfiles, impossibleWayBack } from "../transform/crypto/back-profiles.ts";
import { openCryptoPool } from "../transform/crypto/crypto-pool.ts";
import { impossibleCells } from "../transform/crypto/impossible-cells.ts";
import { type KeyProfiles, openKeys } from "../transform/crypto/key-config.ts";
import { readKeySettings } from "../transform/crypto/key-settings.ts";
import { isPlainOnly, type ReadValues, readByKeys, readPlain } from "../transform/read-values.ts";
import { VALUE_COLUMNS } from "../transform/stored-value.ts";

/** The opened keys of a command, and the way to read a batch's stored values with them. */
export interface ValueKeys {
  readonly profiles: KeyProfiles;
  readonly readValues: ReadValues;
  /** Ends the threads. */
  close(): Promise<void>;
}

/**
 * Opens all keys before anything is connected to.
 * @throws SyncError KEY_INVALID that lists every problem: a key that does not open, or a pair of servers between which
 *   no token of the synced tables could be carried over.
 */
export function openValueKeys(
  config: Pick<SyncConfig, "extra" | "files" | "syncTables" | "sourceVersion" | "targetVersion">,
  defines: readonly string[] = [],
): ValueKeys {
  const sys = new Map(
    defines.map((text) => [text.split("=", 1)[0] ?? "", text.slice(text.indexOf("=") + 1)]),
  );
  const profiles = openKeys(readKeySettings(config, { env: process.env, sys }));
  const isTokenTable = (table: string): boolean =>
    VALUE_COLUMNS.get(wholeTable(table))?.some(({ kind }) => kind === "token") ?? false;
  const reasons = config.syncTables.some(isTokenTable)
    ? impossibleCells(profiles.source, profiles.target)
    : [];
  if (reasons.length > 0) {
    throw new SyncError("KEY_INVALID", {
      what: `Tokens cannot be carried from this source to this target:\n${reasons.map((reason) => `  - ${reason}`).join("\n")}`,
      next: "Correct source.* and target.* in sync.properties, or the target server's own configuration",
    });
  }
  if (!isPlainOnly(profiles)) refuseBareHashes(config);
  if (isPlainOnly(profiles)) return { profiles, readValues: readPlain, close: async () => undefined };
  const pool = openCryptoPool(profiles);
  return { profiles, readValues: readByKeys(pool), close: () => pool.close() };
}

/**
 * The same for the way back: green is read with its own key and blue written as its release reads it.
 * @throws SyncError KEY_INVALID when no token could go back.
 */
export function openBackKeys(
  { sourceVersion }: Pick<SyncConfig, "sourceVersion">,
  { profiles: forward }: Pick<ValueKeys, "profiles">,
): ValueKeys {
  const reasons = impossibleWayBack(forward, sourceVersion);
  if (reasons.length > 0) {
    throw new SyncError("KEY_INVALID", {
      what: `Tokens cannot go back from this target to this source:\n${reasons.map((reason) => `  - ${reason}`).join("\n")}`,
      next: "Correct source.* and target.* in sync.properties, or take wayBack out of it",
    });
  }
  const profiles = backProfiles(forward, sourceVersion);
  if (isPlainOnly(profiles)) return { profiles, readValues: readPlain, close: async () => undefined };
  const pool = openCryptoPool(profiles);
  return { profiles, readValues: readByKeys(pool), close: () => pool.close() };
}

/** With keys, hash columns are written as from 5.7.0 on; 5.5.0 and 5.6.0 look tokens up by the bare hash. */
function refuseBareHashes(config: Pick<SyncConfig, "sourceVersion" | "targetVersion">): void {
  const { sourceVersion, targetVersion } = config;
  const writesHashes = isStepBetween("5.5.0", sourceVersion, targetVersion);
  if (!writesHashes || compareVersions(targetVersion, "5.7.0") >= 0) return;
  throw new SyncError("TRANSFORM_UNAVAILABLE", {
    what: `Tokens that are stored encrypted or hashed cannot be brought to ${targetVersion}, only to 5.7.0 and later`,
    next: "Sync to 5.7.0 or later",
  });
}
