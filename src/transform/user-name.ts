/** A user as the token tables name one from 5.1.0 on. */
export interface SplitUser {
  readonly name: string;
  /** As it is written: WSO2's client leaves a lower-case one so. PRIMARY when none is given. */
  readonly domain: string;
  /** Lower case; the super tenant's when none is given. */
  readonly tenant: string;
}

export const SUPER_TENANT = "carbon.super";

/**
 * Whether the server takes e-mail addresses for user names (EnableEmailUserName): then `joe@gmail.com` names a user of the super tenant,
 * and only a second `@` begins a tenant.
 */
export interface UserNameRules {
  readonly emailUserNames?: boolean | undefined;
}

/**
 * Splits `DOMAIN/user@tenant`: the tenant stands behind the last `@`, the user store's domain before the first `/`
 * (WSO2's MultitenantUtils and UserCoreUtil).
 */
export function splitUser(user: string, { emailUserNames = false }: UserNameRules = {}): SplitUser {
  const last = user.lastIndexOf("@");
  const at = emailUserNames && last === user.indexOf("@") ? -1 : last;
  const local = at < 0 ? user : user.slice(0, at);
  const slash = local.indexOf("/");
  return {
    name: slash < 0 ? local : local.slice(slash + 1),
    domain: slash > 0 ? local.slice(0, slash) : "PRIMARY",
    tenant: at < 0 ? SUPER_TENANT : user.slice(at + 1).toLowerCase(),
  };
}
