/** Marks a branch that the compiler proves unreachable; reaching it is a bug. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${String(value)}`);
}
