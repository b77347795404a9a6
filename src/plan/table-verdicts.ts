/**
 * What becomes of each of WSO2's tables between two releases: carried as it is, carried with a rule of the transformation, or
 * refused, since its rows mean something else on the target or the migration made rows of its own under the same numbers.
 *
 * Facts: what WSO2's migration client does to the tables (identity-migration-resources: migration-config.yaml,
 * migration-resources/<version>/dbscripts and the migrators it names); the line above each group says where.
 */
import { wholeTable } from "../config/known-tables.ts";
import { type IsVersion, isStepBetween } from "../config/versions.ts";

interface Refusal {
  /** Refused when this release lies between the two; "any": whenever the two differ. */
  readonly crossing: IsVersion | "any";
  readonly reason: string;
}

interface Rule {
  /** The release whose step has the rule. */
  readonly crossing: IsVersion;
  /** Columns that only the target has, that must not be null there, and that the rule fills. */
  readonly makes?: readonly string[];
}

interface Entry {
  readonly refused?: readonly Refusal[];
  readonly rules?: readonly Rule[];
}

export type TableVerdict =
  | { readonly kind: "carried" }
  | { readonly kind: "ruled"; readonly makes: readonly string[] }
  | { readonly kind: "refused"; readonly reason: string };

const refuse = (tables: readonly string[], ...refused: readonly Refusal[]): readonly [string, Entry][] =>
  tables.map((table) => [table, { refused }]);

const rule = (table: string, ...rules: readonly Rule[]): readonly [string, Entry][] => [[table, { rules }]];

const OWN_NUMBERS = (release: string): string =>
  `the migration to ${release} adds rows of its own, under the numbers that the source gives to other rows`;

const ENTRIES: readonly (readonly [string, Entry])[] = [
  // changes.md of the schema: ids, hashes, identity providers, bindings.
  ...rule(
    "IDN_OAUTH2_ACCESS_TOKEN",
    { crossing: "5.1.0", makes: ["TOKEN_ID"] },
    { crossing: "5.5.0" },
    { crossing: "5.7.0" },
    { crossing: "5.8.0", makes: ["IDP_ID"] },
    { crossing: "5.10.0" },
    { crossing: "5.11.0" },
  ),
  ...rule(
    "IDN_OAUTH2_AUTHORIZATION_CODE",
    { crossing: "5.1.0", makes: ["CODE_ID"] },
    { crossing: "5.5.0" },
    { crossing: "5.7.0" },
    { crossing: "5.8.0", makes: ["IDP_ID"] },
    { crossing: "5.10.0" },
    { crossing: "5.11.0" },
  ),
  // Rows of applications that 5.11.0 removes are left out (5.11.0 step4).
  ...["IDN_OAUTH2_ACCESS_TOKEN_SCOPE", "IDN_OAUTH2_AUTHZ_CODE_SCOPE", "IDN_OAUTH2_TOKEN_BINDING"].flatMap(
    (table) => rule(table, { crossing: "5.11.0" }),
  ),
  ...[
    ...[
      "IDN_OIDC_REQ_OBJECT_REFERENCE",
      "IDN_OAUTH2_DEVICE_FLOW",
      "IDN_OAUTH2_SCOPE_VALIDATORS",
      "SP_METADATA",
    ],
    ...[
      "SP_AUTH_STEP",
      "SP_CLAIM_DIALECT",
      "SP_CLAIM_MAPPING",
      "SP_ROLE_MAPPING",
      "SP_REQ_PATH_AUTHENTICATOR",
    ],
    "SP_PROVISIONING_CONNECTOR",
  ].flatMap((table) => rule(table, { crossing: "5.11.0" })),
  // TOTP secrets (v5110 EncryptionUserFlowMigrator).
  ...rule("IDN_IDENTITY_USER_DATA", { crossing: "5.11.0" }),
  // 5.1.0 step1: keys by number. 5.11.0 step4: the user portal's application.
  [
    "IDN_OAUTH_CONSUMER_APPS",
    {
      refused: [
        {
          crossing: "5.1.0",
          reason: "the migration numbers the applications, by an ID that the source does not have",
        },
      ],
      rules: [{ crossing: "5.5.0" }, { crossing: "5.11.0" }],
    },
  ],
  ...(["IDN_OAUTH1A_ACCESS_TOKEN", "IDN_OAUTH1A_REQUEST_TOKEN"] as const).map((table): [string, Entry] => [
    table,
    {
      refused: [
        {
          crossing: "5.1.0",
          reason: "its rows name their application by CONSUMER_KEY, the target's by a number",
        },
      ],
      rules: [{ crossing: "5.11.0" }],
    },
  ]),
  // 5.10.0 step1: UUIDs.
  ...rule("IDP", { crossing: "5.10.0", makes: ["UUID"] }),
  ...rule("SP_APP", { crossing: "5.10.0", makes: ["UUID"] }, { crossing: "5.11.0" }),
  [
    "IDN_ASSOCIATED_ID",
    {
      refused: [
        { crossing: "5.1.0", reason: "its rows name their identity provider, the target's number it" },
      ],
      rules: [{ crossing: "5.10.0", makes: ["ASSOCIATION_ID"] }],
    },
  ],
  // 5.3.0 step1: INBOUND_CONFIG_TYPE.
  [
    "SP_INBOUND_AUTH",
    {
      refused: [
        { crossing: "5.3.0", reason: "its rows lack the INBOUND_CONFIG_TYPE that the target asks for" },
      ],
      rules: [{ crossing: "5.11.0" }],
    },
  ],
  // v5100 UserIDMigrator; 5.11.0 um step6.
  ...rule("UM_USER", { crossing: "5.10.0", makes: ["UM_USER_ID"] }),
  ...rule("UM_TENANT", { crossing: "5.11.0", makes: ["UM_TENANT_UUID"] }),
  // 5.7.0 consent step1.
  ...rule("CM_PURPOSE", { crossing: "5.7.0", makes: ["PURPOSE_GROUP", "GROUP_TYPE"] }),

  // Serialized Java objects, readable by the release that wrote them; SessionDataMigrator and 5.10.0 step1 empty them.
  ...refuse(["IDN_AUTH_SESSION_STORE", "IDN_AUTH_TEMP_SESSION_STORE", "IDN_SAML2_ARTIFACT_STORE"], {
    crossing: "any",
    reason:
      "it holds serialized objects that only the release that wrote them can read; users log in once more",
  }),
  ...refuse(
    [
      "IDN_AUTH_SESSION_APP_INFO",
      "IDN_AUTH_SESSION_META_DATA",
      "IDN_AUTH_USER",
      "IDN_AUTH_USER_SESSION_MAPPING",
    ],
    {
      crossing: "5.10.0",
      reason: "the migration to 5.10.0 empties it: its sessions do not exist on the target",
    },
  ),
  // 5.10.0 step1 (OIDC_SCOPE_DATA_MIGRATE_PROCEDURE).
  ...refuse(["IDN_OIDC_SCOPE"], {
    crossing: "5.10.0",
    reason: "the migration to 5.10.0 moves its rows to IDN_OAUTH2_SCOPE and drops it",
  }),
  ...refuse(["IDN_OIDC_SCOPE_CLAIM_MAPPING"], {
    crossing: "5.10.0",
    reason:
      "the migration to 5.10.0 makes it anew: SCOPE_ID then means another table, IDN_OAUTH2_SCOPE, and every row has another number",
  }),
  ...refuse(
    ["IDN_OAUTH2_SCOPE"],
    {
      crossing: "5.4.0",
      reason:
        "5.4.0 gave its columns other meanings: NAME is what SCOPE_KEY was, DISPLAY_NAME what NAME was, and ROLES became rows of IDN_OAUTH2_SCOPE_BINDING",
    },
    {
      crossing: "5.10.0",
      reason:
        "the migration to 5.10.0 adds the scopes of IDN_OIDC_SCOPE to it, under the numbers that the source gives to other scopes",
    },
  ),
  ...refuse(["IDN_OAUTH2_SCOPE_BINDING", "IDN_OAUTH2_RESOURCE_SCOPE"], {
    crossing: "5.10.0",
    reason:
      "its SCOPE_ID may mean another scope on the target: the migration to 5.10.0 numbers scopes of its own",
  }),
  // ClaimDataMigrator of 5.3.0, 5.4.0, 5.6.0, 5.9.0, 5.10.0.
  ...refuse(
    [
      "IDN_CLAIM",
      "IDN_CLAIM_DIALECT",
      "IDN_CLAIM_MAPPED_ATTRIBUTE",
      "IDN_CLAIM_MAPPING",
      "IDN_CLAIM_PROPERTY",
    ],
    { crossing: "5.10.0", reason: OWN_NUMBERS("5.10.0") },
  ),
  ...refuse(["UM_CLAIM", "UM_CLAIM_BEHAVIOR", "UM_DIALECT", "UM_PROFILE_CONFIG"], {
    crossing: "5.3.0",
    reason: "from 5.3.0 on claims are kept in IDN_CLAIM and its tables, where the migration brings them",
  }),
  // 5.1.0 and 5.2.0 step1, v530 ResidentIdpMetadataMigrator.
  ...refuse(["IDP_AUTHENTICATOR", "IDP_AUTHENTICATOR_PROPERTY", "IDP_METADATA"], {
    crossing: "5.3.0",
    reason: OWN_NUMBERS("5.3.0"),
  }),
  // 5.11.0 step4, TokenBindingValidationMigrator.
  ...refuse(["IDN_OIDC_PROPERTY"], { crossing: "5.11.0", reason: OWN_NUMBERS("5.11.0") }),
  ...refuse(["IDN_SCIM_PROVIDER"], { crossing: "5.1.0", reason: "5.1.0 drops it" }),
  // v5110 EncryptionUserFlowMigrator (WorkFlowUtil) and EncryptionAdminFlowMigrator.
  ...refuse(["WF_REQUEST", "WF_REQUEST_ENTITY_RELATIONSHIP", "WF_WORKFLOW_REQUEST_RELATION"], {
    crossing: "5.11.0",
    reason:
      "requests of workflows are serialized objects, with passwords in them that 5.11.0 encrypts otherwise",
  }),
  ...refuse(["WF_BPS_PROFILE"], {
    crossing: "5.11.0",
    reason: "its passwords are encrypted in another form from 5.5.0 on, and again from 5.11.0 on",
  }),
  // What Has Changed in 5.11.0: groups and roles are separated (v5110 GroupsAndRolesMigration); PermissionMigrators before.
  ...refuse(
    [
      ...["IDN_SCIM_GROUP", "UM_HYBRID_GROUP_ROLE", "UM_HYBRID_ROLE", "UM_PERMISSION", "UM_ROLE"],
      ...["UM_ROLE_PERMISSION", "UM_USER_PERMISSION"],
    ],
    {
      crossing: "5.11.0",
      reason:
        "5.11.0 separates groups and roles: a role or permission that is made on the source meanwhile has to be made on the target by hand",
    },
  ),
];

const BY_TABLE: ReadonlyMap<string, Entry> = new Map(ENTRIES);

/** The verdict on a table (upper case) between two releases; a table that is not WSO2's is carried as it is. */
export function tableVerdict(table: string, source: IsVersion, target: IsVersion): TableVerdict {
  const entry = BY_TABLE.get(wholeTable(table));
  const isCrossed = ({ crossing }: { readonly crossing: IsVersion | "any" }): boolean =>
    crossing === "any" ? source !== target : isStepBetween(crossing, source, target);
  if (wholeTable(table) !== table && isStepBetween("5.1.0", source, target))
    return { kind: "refused", reason: "partitions of the token table cannot be brought over 5.1.0" };
  const refused = entry?.refused?.find(isCrossed);
  if (refused !== undefined) return { kind: "refused", reason: refused.reason };
  const rules = (entry?.rules ?? []).filter(isCrossed);
  if (rules.length === 0) return { kind: "carried" };
  return { kind: "ruled", makes: rules.flatMap(({ makes }) => makes ?? []) };
}
