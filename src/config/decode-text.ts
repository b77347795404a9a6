/**
 * Text of a file's bytes: UTF-8, else ISO 8859-1, which is what Java's Properties.load(InputStream) reads; a byte order
 * mark is dropped. Undefined for UTF-16, which neither Java nor TOML accepts.
 */
export function decodeText(bytes: Uint8Array): string | undefined {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // "latin1" of TextDecoder is windows-1252; Buffer's is the true one.
    return Buffer.from(bytes).toString("latin1");
  }
}
