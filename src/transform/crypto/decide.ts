/**
 * The decision per value: what the target must hold so that its server accepts the token, code or TOTP secret.
 * Access and refresh token of one row are judged separately; a row may hold one old and one new form.
 */
import { openEcb } from "./aes-open.ts";
import {
  keysOf,
  type Processor,
  type SourceProfile,
  type TargetEncryption,
  type TargetProfile,
} from "./profile.ts";
import { modulusLengths, type ReadKeys, type ReadResult, readForm } from "./read-stored.ts";
import { recogniseStored, type StoredForm } from "./stored-form.ts";
import { digestName, hashHex, isHexHash, wrapHash } from "./token-hash.ts";
import { writeAsymmetric, writeRawRsa, writeSymmetric } from "./write-stored.ts";

/** The value and its hash column for the target, or why this row cannot be carried over; never any of the value. */
export type Decision =
  | { readonly value: string | null; readonly hash: string | null }
  | { readonly refuse: string };

/**
 * Decides on a token or code. `hash` is its hash column on the source, null where there is none; it only serves to
 * tell a hashed value from a plain one: the hash for the target is always made anew.
 */
export function decide(
  value: string | null,
  hash: string | null,
  source: SourceProfile,
  target: TargetProfile,
): Decision {
  if (value === null || value === "") return { value, hash: null };
  const form = recogniseStored(value, modulusLengths(source.keys));
  const found = processorOf(hash, form, source);
  if (found !== source.processor && !source.mixedRows) {
    return { refuse: `the source is configured as ${source.processor}, but the value is ${found}` };
  }
  switch (found) {
    case "plain":
      return writeKnown(value, { kind: "plain" }, value, target);
    case "hashed":
      return carryHash(form, source, target);
    case "encrypted": {
      const read = readWithTarget(value, form, source.keys, target.encryption);
      return "failure" in read ? { refuse: read.failure } : writeKnown(value, form, read.plain, target);
    }
  }
}

/**
 * Decides on a TOTP secret, which both servers encrypt whatever their token processor is, and which has no hash.
 * The rows are those of IDN_IDENTITY_USER_DATA whose DATA_KEY names a secret.
 */
export function decideTotp(value: string | null, source: SourceProfile, target: TargetProfile): Decision {
  const decision = decide(
    value,
    null,
    { ...source, processor: "encrypted" },
    { ...target, processor: "encrypted" },
  );
  return "refuse" in decision ? decision : { ...decision, hash: null };
}

/** In which of the three ways a token or code is stored, by its content and by what the source declares. */
export function storedAs(value: string, hash: string | null, source: SourceProfile): Processor {
  return processorOf(hash, recogniseStored(value, modulusLengths(source.keys)), source);
}

/** What the content says; the declaration settles what content alone cannot tell. */
function processorOf(hash: string | null, form: StoredForm, source: SourceProfile): Processor {
  switch (form.kind) {
    case "plain":
      return "plain";
    case "hash-json":
      return "hashed";
    case "hash-hex":
      return isStoredHash(form.hash, hash, source) ? "hashed" : "plain";
    case "bare-aes": {
      // A plain token of 64 letters and digits is valid Base64 of three AES blocks.
      const isRead =
        source.processor === "encrypted" || openEcb(form.cipher, source.keys.symmetric) !== undefined;
      return isRead ? "encrypted" : "plain";
    }
    default:
      return "encrypted";
  }
}

/** Hex is a hash where hashes are declared and have this length, or where the hash column holds the same (IS 5.5, 5.6). */
function isStoredHash(hex: string, hash: string | null, source: SourceProfile): boolean {
  if (hex === hash) return true;
  return source.processor === "hashed" && isHexHash(hex, source.hashAlgorithm);
}

/** Tries the target's own key too: a row that green or a migration wrote already may have come back to the source. */
function readWithTarget(
  value: string,
  form: StoredForm,
  keys: ReadKeys,
  encryption: TargetEncryption | undefined,
): ReadResult {
  const read = readForm(value, form, keys);
  if (!("failure" in read) || encryption === undefined) return read;
  const again = readForm(value, form, keysOf(encryption));
  return "failure" in again ? read : again;
}

function writeKnown(value: string, form: StoredForm, plain: string, target: TargetProfile): Decision {
  // The server refuses to hash an empty text, so an encrypted empty one has no hash and cannot become one.
  const hash = plain === "" ? null : hashFor(hashHex(plain, target.hashAlgorithm), target);
  switch (target.processor) {
    case "plain":
      return { value: plain, hash };
    case "hashed":
      return { value: hash ?? "", hash };
    case "encrypted": {
      if (target.encryption === undefined)
        return { refuse: "the target encrypts and no key of it is configured" };
      if (isRightFor(value, form, target.encryption)) return { value, hash };
      const written = encrypt(plain, target.encryption);
      return written === undefined
        ? { refuse: "the plaintext is too long for the target's RSA key" }
        : { value: written, hash };
    }
  }
}

/** What the hash column, and a hashing server's value, hold of a digest. */
function hashFor(hex: string, { hashAlgorithm, hashForm = "json" }: TargetProfile): string | null {
  if (hashForm === "none") return null;
  return hashForm === "hex" ? hex : wrapHash(hex, hashAlgorithm);
}

const FORM_OF = { symmetric: "gcm-envelope", asymmetric: "rsa-envelope", "raw-rsa": "bare-rsa" } as const;

/** Whether the target's server reads the value as it stands; then it stays as it is, byte for byte. */
function isRightFor(value: string, form: StoredForm, encryption: TargetEncryption): boolean {
  return form.kind === FORM_OF[encryption.kind] && "plain" in readForm(value, form, keysOf(encryption));
}

function encrypt(plain: string, encryption: TargetEncryption): string | undefined {
  switch (encryption.kind) {
    case "symmetric":
      return writeSymmetric(plain, encryption.key);
    case "asymmetric":
      return writeAsymmetric(plain, encryption.key);
    case "raw-rsa":
      return writeRawRsa(plain, encryption.key);
  }
}

/** A hash cannot be undone: it fits only a target that hashes with the same digest, in the form of IS 5.7.0. */
function carryHash(form: StoredForm, source: SourceProfile, target: TargetProfile): Decision {
  if (target.processor !== "hashed") return { refuse: HASH_NEEDS_HASHED_TARGET };
  if (form.kind !== "hash-hex" && form.kind !== "hash-json") throw new Error("not a hash");
  const algorithm = form.kind === "hash-json" ? form.algorithm : source.hashAlgorithm;
  const digest = digestName(algorithm);
  if (digest === undefined || digest !== digestName(target.hashAlgorithm)) {
    return { refuse: "the value is hashed with another algorithm than the target's" };
  }
  const hash = hashFor(form.hash, target);
  return hash === null ? { refuse: HASH_NEEDS_HASHED_TARGET } : { value: hash, hash };
}

const HASH_NEEDS_HASHED_TARGET = "the value is hashed and the target does not hash";
