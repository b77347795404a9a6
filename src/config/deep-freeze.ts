/** Freezes a tree of plain objects, arrays and maps in place and returns it. A frozen map refuses set, delete and clear. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  if (value instanceof Map) {
    // Object.freeze does not reach the entries of a Map.
    const refuse = () => {
      throw new TypeError("Cannot change a frozen map");
    };
    Object.assign(value, { set: refuse, delete: refuse, clear: refuse });
    for (const entry of value.values()) deepFreeze(entry);
  }
  for (const child of Object.values(value)) deepFreeze(child);
  return Object.freeze(value);
}
