/** Reads a stored value back to what the row means: the plaintext of the token, code or secret. */
import type { KeyObject } from "node:crypto";
import { openEcb, openGcm } from "./aes-open.ts";
import type { RsaKey } from "./keystore.ts";
import { openBareRsa, openRsaEnvelope, rsaScheme } from "./rsa-open.ts";
import { recogniseStored, type StoredForm } from "./stored-form.ts";

/** Keys to try, the likeliest first. */
export interface ReadKeys {
  readonly rsa: readonly RsaKey[];
  readonly symmetric: readonly KeyObject[];
}

/** The plaintext, or why there is none; the reason never holds any of the value. */
export type ReadResult = { readonly plain: string } | { readonly failure: string };

/** Reads a stored value of any form; a plain one is its own plaintext. */
export function readStored(value: string, keys: ReadKeys): ReadResult {
  return readForm(value, recogniseStored(value, modulusLengths(keys)), keys);
}

/** Lengths of the keys at hand, for {@link recogniseStored}. */
export function modulusLengths({ rsa }: ReadKeys): readonly number[] {
  return rsa.map((key) => key.modulusBytes);
}

/** Reads a value whose form is known already. */
export function readForm(value: string, form: StoredForm, keys: ReadKeys): ReadResult {
  switch (form.kind) {
    case "plain":
      return { plain: value };
    case "hash-hex":
    case "hash-json":
      return { failure: "the value is hashed, its plaintext cannot be known" };
    case "broken-envelope":
      return { failure: "the encrypted value is damaged or of an unknown transformation" };
    case "bare-rsa":
      return result(
        openBareRsa(form.cipher, keys.rsa) ?? openEcb(form.cipher, keys.symmetric),
        bareFailure(keys),
      );
    case "bare-aes":
      return result(openEcb(form.cipher, keys.symmetric), bareFailure(keys));
    case "rsa-envelope":
      return readRsaEnvelope(form, keys.rsa);
    case "gcm-envelope":
      return result(openGcm(form.cipher, form.iv, keys.symmetric), symmetricFailure(keys));
    case "aes-envelope":
      return result(openEcb(form.cipher, keys.symmetric), symmetricFailure(keys));
  }
}

function readRsaEnvelope(form: StoredForm & { kind: "rsa-envelope" }, keys: readonly RsaKey[]): ReadResult {
  const scheme = rsaScheme(form.transformation);
  if (scheme === undefined)
    return { failure: "the value is encrypted with an RSA transformation that is not known" };
  if (keys.length === 0) return { failure: "the value is encrypted with RSA and no keystore is configured" };
  if (form.cipher.length === 0) return { plain: "" };
  const isNamedKeyAtHand = keys.some((key) => key.thumbprint === form.thumbprint);
  return result(
    openRsaEnvelope(form.cipher, scheme, form.thumbprint, keys),
    form.thumbprint === undefined || isNamedKeyAtHand
      ? "no configured RSA key opens the value"
      : `no configured RSA key opens the value; it names the certificate ${thumbprintOf(form.thumbprint)}`,
  );
}

/** A thumbprint is public; anything else in its place is not repeated. */
function thumbprintOf(text: string): string {
  return /^[0-9A-F]{40}$/.test(text) ? text : "by no SHA-1 thumbprint";
}

function bareFailure(keys: ReadKeys): string {
  return keys.rsa.length + keys.symmetric.length === 0
    ? "the value looks encrypted and no key is configured"
    : "no configured key opens the value";
}

function symmetricFailure(keys: ReadKeys): string {
  return keys.symmetric.length === 0
    ? "the value is encrypted with AES and no symmetric key is configured"
    : "no configured symmetric key opens the value";
}

function result(plain: string | undefined, failure: string): ReadResult {
  return plain === undefined ? { failure } : { plain };
}
