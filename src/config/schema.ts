/** Every key of sync.properties once. The sample file and the README's table say the same; a test compares the sample. */
import { IS_VERSIONS } from "./versions.ts";

export type KeyType = "version" | "integer" | "tables" | "datasources" | "choice" | "text";

export interface KeySpec {
  readonly name: string;
  readonly type: KeyType;
  /** Absent with `isMandatory` false: the feature is off. */
  readonly default?: string;
  readonly isMandatory?: boolean;
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly string[];
  /** Never shown in a message. */
  readonly isSecret?: boolean;
  /** One line for the operator. */
  readonly doc: string;
}

const TABLES_DOC = "Tables to keep in step, separated by commas";

/** The keys that src/config interprets itself. */
export const OWN_KEYS = [
  {
    name: "sourceVersion",
    type: "version",
    isMandatory: true,
    doc: "WSO2 Identity Server version of the source",
  },
  {
    name: "targetVersion",
    type: "version",
    isMandatory: true,
    doc: "WSO2 Identity Server version of the target",
  },
  { name: "syncTables", type: "tables", isMandatory: true, doc: TABLES_DOC },
  {
    name: "identitySchema",
    type: "datasources",
    isMandatory: true,
    doc: "JNDI names of the source's and the target's identity datasource",
  },
  { name: "umSchema", type: "datasources", doc: "The same for the user management schema" },
  { name: "regSchema", type: "datasources", doc: "The same for the registry schema" },
  { name: "consentSchema", type: "datasources", doc: "The same for the consent schema" },
  {
    name: "batchSize",
    type: "integer",
    default: "100",
    min: 1,
    max: 100_000,
    doc: "Changes read and applied together",
  },
  {
    name: "syncInterval",
    type: "integer",
    default: "5000",
    min: 0,
    max: 86_400_000,
    doc: "Milliseconds between two looks for changes when there were none",
  },
  {
    name: "conflictPolicy",
    type: "choice",
    default: "dead-letter",
    choices: ["dead-letter", "keep-target", "newest"],
    doc: "What happens when the target made a row itself that holds the same unique key",
  },
  {
    name: "parallelism",
    type: "integer",
    default: "1",
    min: 1,
    max: 64,
    doc: "Independent groups of tables worked on at the same time",
  },
] as const satisfies readonly KeySpec[];

/**
 * Keys that other folders interpret; they get the raw values in `SyncConfig.extra`. The prefixes `source.` and `target.` are
 * reserved for the keys that say how each side stores tokens and codes.
 */
export const OTHER_KEYS: readonly KeySpec[] = [];

/** The tables whose syncing WSO2 documents; any other is taken with a warning. */
export const DOCUMENTED_TABLES = [
  "IDN_IDENTITY_USER_DATA",
  "IDN_OAUTH2_ACCESS_TOKEN",
  "IDN_OAUTH2_ACCESS_TOKEN_SCOPE",
  "IDN_OAUTH2_AUTHORIZATION_CODE",
] as const;

/** What a value of the key must be, as messages say it. */
export function wantedOf(spec: KeySpec): string {
  switch (spec.type) {
    case "version":
      return `one of ${IS_VERSIONS.join(", ")}`;
    case "integer":
      return `a whole number from ${spec.min ?? 0} to ${spec.max ?? "any"}`;
    case "tables":
      return "table names separated by commas";
    case "datasources":
      return "two JNDI names, source,target";
    case "choice":
      return `one of ${spec.choices?.join(", ") ?? ""}`;
    case "text":
      return "a text";
  }
}
