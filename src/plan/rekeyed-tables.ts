/** Tables that a release gave another primary key, so that source and target name a row by different columns. */
import { type IsVersion, isStepBetween } from "../config/versions.ts";

export interface Rekeyed {
  /** The target's key: ids that the migration client drew at random. */
  readonly key: string;
  /** The source's key. */
  readonly sourceKey: string;
  /** Columns that only the source has and that the transformation reads. */
  readonly reads: readonly string[];
  /** The table that the release moved one column's words into: one row for each, under the same column's name. */
  readonly splits?: { readonly table: string; readonly column: string };
}

/** Identity Server 5.1.0: identity-migration-resources, v510 IdentityDataMigrator and its scripts. */
const IN_5_1_0: Readonly<Record<string, Rekeyed>> = {
  IDN_OAUTH2_ACCESS_TOKEN: {
    key: "TOKEN_ID",
    sourceKey: "ACCESS_TOKEN",
    reads: ["CONSUMER_KEY", "TOKEN_SCOPE"],
    splits: { table: "IDN_OAUTH2_ACCESS_TOKEN_SCOPE", column: "TOKEN_SCOPE" },
  },
  IDN_OAUTH2_AUTHORIZATION_CODE: {
    key: "CODE_ID",
    sourceKey: "AUTHORIZATION_CODE",
    reads: ["CONSUMER_KEY"],
  },
};

/** What is known of a table (upper case) that has another key on the target; undefined for all others. */
export function rekeyedTable(table: string, source: IsVersion, target: IsVersion): Rekeyed | undefined {
  return isStepBetween("5.1.0", source, target) ? IN_5_1_0[table] : undefined;
}

/** The table whose rows give this one its own, when the source does not have it. */
export function splitFrom(table: string, source: IsVersion, target: IsVersion): string | undefined {
  if (!isStepBetween("5.1.0", source, target)) return undefined;
  return Object.keys(IN_5_1_0).find((name) => IN_5_1_0[name]?.splits?.table === table);
}
