/** A list of placeholders, never empty. */
export const listOf = (names: readonly string[]): { readonly marks: string; readonly params: string[] } => {
  const params = names.length === 0 ? ["-"] : [...names];
  return { marks: params.map(() => "?").join(", "), params };
};
