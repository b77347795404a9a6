/** The secrets that the tests use: none of them may stand in any output, log or report of the product. */

import vectors from "../fixtures/crypto-vectors.json" with { type: "json" };
import { TEST_PASSWORD } from "./servers/database.ts";

/** Shorter ones would be found by chance. */
const SHORTEST = 10;

/** Passwords of databases and keystores, symmetric keys, private keys, and what the vectors' tokens decrypt to. */
export const TEST_SECRETS: readonly string[] = [
  ...new Set(
    [
      TEST_PASSWORD,
      ...Object.values(vectors.symmetricKeys).map(({ configured }) => configured),
      // The default keystore's password is also its alias, which messages may name.
      ...Object.values(vectors.keystores).flatMap(
        ({ storePassword, keyPassword, alias, pkcs8PrivateKeyBase64 }) => [
          ...[storePassword, keyPassword].filter((password) => password !== alias),
          pkcs8PrivateKeyBase64.slice(0, 64),
        ],
      ),
      ...vectors.vectors.flatMap(({ plaintext }) => (typeof plaintext === "string" ? [plaintext] : [])),
    ].filter((secret) => secret.length >= SHORTEST && !/^\s*$/.test(secret)),
  ),
];

/** Which secrets a text holds, by their place in the list: a report must not hold them either. */
export function findSecrets(text: string): readonly number[] {
  return TEST_SECRETS.flatMap((secret, i) => (text.includes(secret) ? [i] : []));
}
