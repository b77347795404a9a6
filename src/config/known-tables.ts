/**
 * The tables that WSO2's scripts make, in any release from 5.0.0 to 5.11.0, by schema (dbscripts of identity-core, of the
 * kernel and of consent management). Those that are not documented for syncing can be synced or not: src/plan/table-verdicts.ts.
 */
export const KNOWN_TABLES = {
  identity: [
    ...["FIDO2_DEVICE_STORE", "FIDO_DEVICE_STORE", "IDN_ASSOCIATED_ID", "IDN_AUTH_SESSION_APP_INFO"],
    ...[
      "IDN_AUTH_SESSION_META_DATA",
      "IDN_AUTH_SESSION_STORE",
      "IDN_AUTH_TEMP_SESSION_STORE",
      "IDN_AUTH_USER",
    ],
    ...[
      "IDN_AUTH_USER_SESSION_MAPPING",
      "IDN_AUTH_WAIT_STATUS",
      "IDN_BASE_TABLE",
      "IDN_CERTIFICATE",
      "IDN_CLAIM",
    ],
    ...["IDN_CLAIM_DIALECT", "IDN_CLAIM_MAPPED_ATTRIBUTE", "IDN_CLAIM_MAPPING", "IDN_CLAIM_PROPERTY"],
    ...["IDN_CONFIG_ATTRIBUTE", "IDN_CONFIG_FILE", "IDN_CONFIG_RESOURCE", "IDN_CONFIG_TYPE"],
    ...["IDN_CORS_ASSOCIATION", "IDN_CORS_ORIGIN", "IDN_FED_AUTH_SESSION_MAPPING", "IDN_FUNCTION_LIBRARY"],
    ...["IDN_IDENTITY_META_DATA", "IDN_IDENTITY_USER_DATA", "IDN_OAUTH1A_ACCESS_TOKEN"],
    ...["IDN_OAUTH1A_REQUEST_TOKEN", "IDN_OAUTH2_ACCESS_TOKEN", "IDN_OAUTH2_ACCESS_TOKEN_AUDIT"],
    ...["IDN_OAUTH2_ACCESS_TOKEN_SCOPE", "IDN_OAUTH2_AUTHORIZATION_CODE", "IDN_OAUTH2_AUTHZ_CODE_SCOPE"],
    ...["IDN_OAUTH2_CIBA_AUTH_CODE", "IDN_OAUTH2_CIBA_REQUEST_SCOPES", "IDN_OAUTH2_DEVICE_FLOW"],
    ...["IDN_OAUTH2_DEVICE_FLOW_SCOPES", "IDN_OAUTH2_RESOURCE_SCOPE", "IDN_OAUTH2_SCOPE"],
    ...["IDN_OAUTH2_SCOPE_BINDING", "IDN_OAUTH2_SCOPE_VALIDATORS", "IDN_OAUTH2_TOKEN_BINDING"],
    ...["IDN_OAUTH_CONSUMER_APPS", "IDN_OIDC_JTI", "IDN_OIDC_PROPERTY", "IDN_OIDC_REQ_OBJECT_CLAIMS"],
    ...["IDN_OIDC_REQ_OBJECT_REFERENCE", "IDN_OIDC_REQ_OBJ_CLAIM_VALUES", "IDN_OIDC_SCOPE"],
    ...[
      "IDN_OIDC_SCOPE_CLAIM_MAPPING",
      "IDN_OPENID_ASSOCIATIONS",
      "IDN_OPENID_REMEMBER_ME",
      "IDN_OPENID_USER_RPS",
    ],
    ...[
      "IDN_PASSWORD_HISTORY_DATA",
      "IDN_RECOVERY_DATA",
      "IDN_REMOTE_FETCH_CONFIG",
      "IDN_REMOTE_FETCH_REVISIONS",
    ],
    ...["IDN_SAML2_ARTIFACT_STORE", "IDN_SAML2_ASSERTION_STORE", "IDN_SCIM_GROUP", "IDN_SCIM_PROVIDER"],
    ...["IDN_STS_STORE", "IDN_THRIFT_SESSION", "IDN_UMA_PERMISSION_TICKET", "IDN_UMA_PT_RESOURCE"],
    ...[
      "IDN_UMA_PT_RESOURCE_SCOPE",
      "IDN_UMA_RESOURCE",
      "IDN_UMA_RESOURCE_META_DATA",
      "IDN_UMA_RESOURCE_SCOPE",
    ],
    ...[
      "IDN_USER_ACCOUNT_ASSOCIATION",
      "IDN_USER_FUNCTIONALITY_MAPPING",
      "IDN_USER_FUNCTIONALITY_PROPERTY",
      "IDP",
    ],
    ...[
      "IDP_AUTHENTICATOR",
      "IDP_AUTHENTICATOR_PROPERTY",
      "IDP_CLAIM",
      "IDP_CLAIM_MAPPING",
      "IDP_LOCAL_CLAIM",
    ],
    ...["IDP_METADATA", "IDP_PROVISIONING_CONFIG", "IDP_PROVISIONING_ENTITY", "IDP_PROV_CONFIG_PROPERTY"],
    ...["IDP_ROLE", "IDP_ROLE_MAPPING", "SP_APP", "SP_AUTH_SCRIPT", "SP_AUTH_STEP", "SP_CLAIM_DIALECT"],
    ...[
      "SP_CLAIM_MAPPING",
      "SP_FEDERATED_IDP",
      "SP_INBOUND_AUTH",
      "SP_METADATA",
      "SP_PROVISIONING_CONNECTOR",
    ],
    ...["SP_REQ_PATH_AUTHENTICATOR", "SP_ROLE_MAPPING", "SP_TEMPLATE", "WF_BPS_PROFILE", "WF_REQUEST"],
    ...[
      "WF_REQUEST_ENTITY_RELATIONSHIP",
      "WF_WORKFLOW",
      "WF_WORKFLOW_ASSOCIATION",
      "WF_WORKFLOW_CONFIG_PARAM",
    ],
    "WF_WORKFLOW_REQUEST_RELATION",
  ],
  um: [
    ...[
      "UM_ACCOUNT_MAPPING",
      "UM_CLAIM",
      "UM_CLAIM_BEHAVIOR",
      "UM_DIALECT",
      "UM_DOMAIN",
      "UM_HYBRID_GROUP_ROLE",
    ],
    ...["UM_HYBRID_REMEMBER_ME", "UM_HYBRID_ROLE", "UM_HYBRID_USER_ROLE", "UM_MODULE", "UM_MODULE_ACTIONS"],
    ...["UM_PERMISSION", "UM_PROFILE_CONFIG", "UM_ROLE", "UM_ROLE_PERMISSION", "UM_SHARED_USER_ROLE"],
    ...[
      "UM_SYSTEM_ROLE",
      "UM_SYSTEM_USER",
      "UM_SYSTEM_USER_ROLE",
      "UM_TENANT",
      "UM_USER",
      "UM_USER_ATTRIBUTE",
    ],
    ...["UM_USER_PERMISSION", "UM_USER_ROLE"],
  ],
  reg: [
    ...[
      "REG_ASSOCIATION",
      "REG_CLUSTER_LOCK",
      "REG_COMMENT",
      "REG_CONTENT",
      "REG_CONTENT_HISTORY",
      "REG_LOG",
    ],
    ...[
      "REG_PATH",
      "REG_PROPERTY",
      "REG_RATING",
      "REG_RESOURCE",
      "REG_RESOURCE_COMMENT",
      "REG_RESOURCE_HISTORY",
    ],
    ...["REG_RESOURCE_PROPERTY", "REG_RESOURCE_RATING", "REG_RESOURCE_TAG", "REG_SNAPSHOT", "REG_TAG"],
  ],
  consent: [
    ...["CM_CONSENT_RECEIPT_PROPERTY", "CM_PII_CATEGORY", "CM_PURPOSE", "CM_PURPOSE_CATEGORY"],
    ...["CM_PURPOSE_PII_CAT_ASSOC", "CM_RECEIPT", "CM_RECEIPT_SP_ASSOC", "CM_SP_PURPOSE_ASSOC"],
    ...["CM_SP_PURPOSE_PII_CAT_ASSOC", "CM_SP_PURPOSE_PURPOSE_CAT_ASSC"],
  ],
} as const;

const NAMES: ReadonlySet<string> = new Set(Object.values(KNOWN_TABLES).flat());

/** Whether a table (upper case) is one of WSO2's. */
export function isKnownTable(table: string): boolean {
  return NAMES.has(table) || partitionedTable(table) !== undefined;
}

const PARTITION = /^(IDN_OAUTH2_ACCESS_TOKEN(?:_SCOPE)?)_([A-Z0-9]+)$/;

/**
 * The table that one of its partitions stands for: the server keeps the tokens of some user stores in
 * IDN_OAUTH2_ACCESS_TOKEN_<X>, and their scopes in IDN_OAUTH2_ACCESS_TOKEN_SCOPE_<X>, <X> being set in AccessTokenPartitioningDomains
 * of identity.xml. Undefined for a table that is none.
 */
export function partitionedTable(
  table: string,
): { readonly whole: string; readonly part: string } | undefined {
  if (NAMES.has(table)) return undefined;
  const [, whole, part] = PARTITION.exec(table) ?? [];
  return whole === undefined || part === undefined ? undefined : { whole, part };
}

/** The table whose rules hold for a table: the whole one's for a partition, else its own. */
export function wholeTable(table: string): string {
  return partitionedTable(table)?.whole ?? table;
}
