/** From blue (sourceVersion) to green (targetVersion), or the way back, from green to blue. */
export type Direction = "forward" | "back";
