/** The sequence of a journal is named after it, so that whoever drops the one can drop the other: T_S has T_Q. */
export function sequenceName(journal: string): string {
  return `${journal.slice(0, -1)}${journal.endsWith("s") ? "q" : "Q"}`;
}
