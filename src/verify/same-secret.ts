import { keysOf, type TargetEncryption } from "../transform/crypto/profile.ts";
import { modulusLengths, readForm } from "../transform/crypto/read-stored.ts";
import { recogniseStored } from "../transform/crypto/stored-form.ts";
import { VALUE_COLUMNS } from "../transform/stored-value.ts";
import type { ComparisonRules } from "./compare-values.ts";

const COLUMNS: ReadonlySet<string> = new Set([...VALUE_COLUMNS.values()].flat().map(({ column }) => column));

/**
 * Compares encrypted values by their plaintext: encryption is randomised, so the same token written twice looks
 * different. Both values must be of one form: a plain value is not the encrypted one that the target's server reads.
 * Undefined when the target encrypts nothing.
 */
export function sameSecret(encryption: TargetEncryption | undefined): ComparisonRules["isSameSecret"] {
  if (encryption === undefined) return undefined;
  const keys = keysOf(encryption);
  const lengths = modulusLengths(keys);
  return (column, expected, found) => {
    if (!COLUMNS.has(column)) return false;
    const [wanted, there] = [recogniseStored(expected, lengths), recogniseStored(found, lengths)];
    if (wanted.kind !== there.kind || wanted.kind === "plain") return false;
    const [one, other] = [readForm(expected, wanted, keys), readForm(found, there, keys)];
    return "plain" in one && "plain" in other && one.plain === other.plain;
  };
}
