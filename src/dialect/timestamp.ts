/**
 * Cuts a timestamp's fraction to the digits that a column keeps. Databases round instead, which can move a token's
 * creation into the next second, and round differently.
 */
export function cutFraction(text: string, digits: number): string {
  const dot = text.indexOf(".");
  if (dot < 0 || text.length - dot - 1 <= digits) return text;
  return digits === 0 ? text.slice(0, dot) : text.slice(0, dot + 1 + digits);
}
