/** An instant in UTC as people read it: "2026-01-31 23:59:59 UTC" of "2026-01-31T23:59:59.123Z". */
export const utcText = (at: string): string => `${at.slice(0, 19).replace("T", " ")} UTC`;
