import type { Value } from "../row.ts";

/** A list stands for an array parameter (PostgreSQL) or a list of row values (MySQL). */
export type Param = Value | number | readonly Param[];
