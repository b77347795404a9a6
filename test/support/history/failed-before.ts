import type { History } from "./arbitrary.ts";

/** Histories that once ended with a wrong target, kept as examples. */
export const FAILED_BEFORE: readonly History[] = [];
