/**
 * The endpoints that stay open on blue during the maintenance window: step 7 of "Zero down time migration" in WSO2's
 * guide "Preparing for migration". All that the file of a load balancer lets through is listed here and nowhere else.
 */

export interface Endpoint {
  /** As the guide writes it, without a slash at its end. */
  readonly path: string;
  /** A web application: pages, scripts and images below the path are open too. Otherwise the path alone is. */
  readonly isTree?: true;
  readonly useCase: string;
}

export interface EndpointGroup {
  readonly name: string;
  readonly title: string;
  /** Not in the guide: closed unless asked for with `--with`. */
  readonly isExtra?: true;
  /** Why one may want it, where the title does not say it. */
  readonly why?: readonly string[];
  readonly endpoints: readonly Endpoint[];
}

/** The guide's tables in its order; the last group is not in the guide. */
export const ENDPOINT_GROUPS: readonly EndpointGroup[] = [
  {
    name: "login",
    title: "For login common",
    endpoints: [
      { path: "/commonauth", useCase: "All authentication use cases" },
      { path: "/authenticationendpoint", isTree: true, useCase: "All authentication use cases" },
      {
        path: "/x509certificateauthenticationendpoint",
        isTree: true,
        useCase: "Client certificate based authentication",
      },
    ],
  },
  {
    name: "oauth2",
    title: "For OAuth 2.0/OpenID Connect",
    endpoints: [
      { path: "/oauth2/token", useCase: "OAuth 2.0 token generation" },
      { path: "/oauth2/userinfo", useCase: "OAuth 2.0 user info retrieval" },
      { path: "/oauth2/introspect", useCase: "OAuth 2.0 token introspection" },
      { path: "/oauth2/revoke", useCase: "OAuth 2.0 token revocation" },
      { path: "/oauth2/authorize", useCase: "OAuth 2.0 authorization" },
      { path: "/oauth2/jwks", useCase: "OAuth 2.0 jwks" },
      { path: "/oidc/checksession", useCase: "OIDC session management" },
      { path: "/oidc/logout", useCase: "OIDC logout" },
    ],
  },
  {
    name: "saml",
    title: "For SAML2 Web SSO",
    endpoints: [{ path: "/samlsso", useCase: "SAML 2.0 login" }],
  },
  {
    name: "ws-federation",
    title: "For WS-Federation (Passive)",
    endpoints: [{ path: "/passivests", useCase: "Passive sts login" }],
  },
  {
    name: "second-factors",
    title: "For the second factors in the login",
    endpoints: [
      { path: "/smsotpauthenticationendpoint", isTree: true, useCase: "SMS OTP authentication" },
      { path: "/totpauthenticationendpoint", isTree: true, useCase: "TOTP authentication" },
      { path: "/emailotpauthenticationendpoint", isTree: true, useCase: "Email OTP authentication" },
    ],
  },
  {
    name: "xacml",
    title: "For authorization XACML",
    endpoints: [{ path: "/api/identity/entitlement", isTree: true, useCase: "XACML REST Profile" }],
  },
  {
    name: "login-helpers",
    title: "Helpers of the login pages (not in the guide)",
    isExtra: true,
    why: [
      "What the login pages themselves call. Without /logincontext a page left open does not notice that its login has",
      "expired; without /longwaitstatus a login script that calls another service never leaves its waiting page; without",
      "/api/identity/auth/v1.1 a login page that runs on a host of its own, or calls Identity Server by its public name,",
      "shows an error. They read only. Open them with --with login-helpers if a test login needs them.",
    ],
    endpoints: [
      { path: "/logincontext", useCase: "Is this login still open?" },
      { path: "/longwaitstatus", useCase: "Has the service answered that a login script called?" },
      { path: "/api/identity/auth/v1.1", isTree: true, useCase: "What the login page has to show" },
    ],
  },
];

/** Not on the list, and missed by machines first: what to silence or change before the window. */
export const ALARMS: readonly { readonly path: string; readonly who: string }[] = [
  {
    path: "/carbon/admin/login.jsp",
    who: "the probes of WSO2's Kubernetes charts, and many load balancers'",
  },
  { path: "/carbon", who: "the management console: administrators" },
  { path: "/api/health-checker/v1.0/health", who: "the health check of Identity Server 5.7.0 and later" },
  { path: "/services/Version", who: "older monitors, and clients of the SOAP services" },
  {
    path: "/oauth2/oidcdiscovery/.well-known/openid-configuration",
    who: "applications that read the discovery document when they start",
  },
  { path: "/oauth2/token/.well-known/openid-configuration", who: "the same" },
  { path: "/scim2", who: "provisioning" },
  { path: "/accountrecoveryendpoint", who: "users who forgot their password or register" },
];
