/** What the readers of the keystore formats hand over: entries whose private keys are not opened yet. */

/** An entry of a keystore. Certificates are DER, the leaf first. */
export interface KeystoreEntry {
  readonly alias: string;
  readonly certificates: readonly Uint8Array[];
  /** Absent for a trusted certificate. Gives PKCS#8 DER, or undefined when the password is wrong. */
  readonly openPrivateKey?: (password: string) => Uint8Array | undefined;
}

/**
 * The entries, or why there are none. `format`: not a file of this type or damaged; `password`: the store password
 * is wrong; `unsupported`: the password is right, but something in the file cannot be read; `iterations`: opening it would take
 * hours.
 */
export type KeystoreContent =
  | { readonly entries: readonly KeystoreEntry[] }
  | { readonly problem: "format" | "password" | "unsupported" | "iterations" };
