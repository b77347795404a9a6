/** Of every JSON output: goes up when a field is taken away or means something else, not when one comes on top. */
export const SCHEMA_VERSION = 1;

/**
 * What a command prints as JSON: the fields of config/schema/, headed by the version of that contract and the time. A value
 * that has a time of its own, `at`, keeps it. Positions are 64-bit: they become text, as a JSON number would lose digits.
 */
export function jsonDocument(value: object, now: () => Date = () => new Date()): string {
  const document = { schemaVersion: SCHEMA_VERSION, at: now().toISOString(), ...value };
  return JSON.stringify(document, (_, one: unknown) => (typeof one === "bigint" ? one.toString() : one), 2);
}
