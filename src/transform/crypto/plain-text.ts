const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The text of decrypted bytes, or undefined when they cannot be a token: not strict UTF-8, or with a control character.
 * Raw RSA has no integrity check; with the wrong key it yields random bytes, which practically never pass this.
 */
export function plausibleText(bytes: Uint8Array): string | undefined {
  try {
    const text = UTF8.decode(bytes);
    return /\p{Cc}/u.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
