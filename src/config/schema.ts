/** Every key of sync.properties once. The sample file and the table in config/README.md say the same; tests compare both. */
import { IS_VERSIONS } from "./versions.ts";

export type KeyType = "version" | "integer" | "tables" | "datasources" | "choice" | "query" | "text";

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
    doc: "What happens when the target made a row itself that holds the same unique key, or with keep-target the same primary key",
  },
  {
    name: "deadLetterLimit",
    type: "integer",
    default: "1000",
    min: 0,
    max: 1_000_000,
    doc: "Changes of one table that may be set aside before its group stops",
  },
  {
    name: "parallelism",
    type: "integer",
    default: "1",
    min: 1,
    max: 32,
    choices: ["auto"],
    doc: "Target connections that write each table at a time; pays where the network to the target is slow; auto: by the round trip",
  },
  {
    name: "maxRowsPerSecond",
    type: "integer",
    min: 1,
    max: 1_000_000_000,
    doc: "Rows that run, copy and verify take in a second at most; absent: as fast as it goes",
  },
  ...(["source", "target"] as const).map((side) => ({
    name: `throttleQuery.${side}` as const,
    type: "query" as const,
    doc: "A SELECT that it is asked every second: a value above 0 holds run, copy and verify back",
  })),
  {
    name: "wayBack",
    type: "choice",
    default: "false",
    choices: ["true", "false"],
    doc: "Whether what users write on the target after the switch flows back to the source",
  },
  {
    name: "logKeepDays",
    type: "integer",
    default: "30",
    min: 1,
    max: 3_650,
    doc: "Days after which a file of the log is deleted",
  },
  {
    name: "logMaxMegabytes",
    type: "integer",
    default: "100",
    min: 1,
    max: 10_000,
    doc: "What all files of the log may have together; the oldest are deleted first",
  },
  ...(["source", "target"] as const).map((side) => ({
    name: `${side}.acceptReplica` as const,
    type: "choice" as const,
    default: "false",
    choices: ["true", "false"],
    doc: "Whether its server may apply another one's changes as well (MySQL and MariaDB)",
  })),
] as const satisfies readonly KeySpec[];

const PROCESSORS = ["plain", "hashed", "encrypted"];
const PROCESSOR_DOC = "How its server stores tokens and codes";
const HASH_DOC = "Its HashAlgorithm for tokens, as its configuration spells it";
const HOME_DOC = "Home directory of its server: settings not given here are read from its files";

const keystoreKeys = (prefix: string): readonly KeySpec[] => [
  { name: `${prefix}.path`, type: "text", doc: "A keystore of it, JKS or PKCS12" },
  { name: `${prefix}.type`, type: "text", doc: "JKS or PKCS12; default: by the content of the file" },
  { name: `${prefix}.alias`, type: "text", doc: "Alias of the key pair that it encrypts with" },
  { name: `${prefix}.storePassword`, type: "text", isSecret: true, doc: "Password of the keystore" },
  {
    name: `${prefix}.keyPassword`,
    type: "text",
    isSecret: true,
    doc: "Password of the key; default: the store's",
  },
];

/**
 * Keys that other folders interpret; they get the raw values in `SyncConfig.extra`. `source.` and `target.` say how each
 * side's server stores tokens, codes and one-time-password secrets. `.N` stands for any number from 1.
 */
export const OTHER_KEYS: readonly KeySpec[] = [
  { name: "source.home", type: "text", doc: HOME_DOC },
  { name: "source.tokenProcessor", type: "choice", choices: PROCESSORS, doc: PROCESSOR_DOC },
  { name: "source.hashAlgorithm", type: "text", doc: HASH_DOC },
  {
    name: "source.mixedRows",
    type: "choice",
    choices: ["true", "false"],
    doc: "Whether rows may be stored otherwise than tokenProcessor says",
  },
  {
    name: "source.emailUserNames",
    type: "choice",
    choices: ["true", "false"],
    doc: "Whether a 5.0.0 source takes e-mail addresses for user names (EnableEmailUserName)",
  },
  {
    name: "source.certificate",
    type: "text",
    doc: "Its certificate, PEM or DER, to write encrypted values for it where its key pair is not given",
  },
  ...keystoreKeys("source.keystore.N"),
  { name: "source.symmetricKey.N", type: "text", isSecret: true, doc: "A symmetric key of it" },
  { name: "target.home", type: "text", doc: HOME_DOC },
  { name: "target.tokenProcessor", type: "choice", choices: PROCESSORS, doc: PROCESSOR_DOC },
  { name: "target.hashAlgorithm", type: "text", doc: HASH_DOC },
  {
    name: "target.encryption",
    type: "choice",
    choices: ["symmetric", "asymmetric"],
    doc: "Its internal crypto provider",
  },
  { name: "target.symmetricKey", type: "text", isSecret: true, doc: "Its [encryption] key" },
  ...keystoreKeys("target.keystore"),
];

/** Specifications with `.N` in their name, once for each number that these keys use, and for 1. */
export function numberedSpecs(specs: readonly KeySpec[], keys: readonly string[]): readonly KeySpec[] {
  return specs.flatMap((spec) => {
    const [before, after] = spec.name.split(/\.N(?=\.|$)/);
    if (before === undefined || after === undefined) return [spec];
    const numbers = keys
      .filter((key) => key.startsWith(`${before}.`) && key.endsWith(after))
      .map((key) => key.slice(before.length + 1, key.length - after.length))
      .filter((number) => /^[1-9]\d{0,2}$/.test(number));
    const distinct = [...new Set(["1", ...numbers])].sort((a, b) => Number(a) - Number(b));
    return distinct.map((number) => ({ ...spec, name: `${before}.${number}${after}` }));
  });
}

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
      return [`a whole number from ${spec.min ?? 0} to ${spec.max ?? "any"}`, ...(spec.choices ?? [])].join(
        " or ",
      );
    case "tables":
      return "table names separated by commas";
    case "datasources":
      return "two JNDI names, source,target";
    case "choice":
      return `one of ${spec.choices?.join(", ") ?? ""}`;
    case "query":
      return "one SELECT statement";
    case "text":
      return "a text";
  }
}
