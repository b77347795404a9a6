import { availableParallelism } from "node:os";
import { STORED_FORMS, storedRowsPerSecond } from "../crypto.ts";
import type { Scenario } from "../scenario.ts";
import type { Measured } from "../stats.ts";

const ROWS = 2_000;

/** Rows per second of each stored form, no database: beside a drain, how far the keys hold it up. */
export const encrypted: Scenario = {
  name: "encrypted",
  once: true,
  async run({ scale }) {
    const figures: Measured[] = [];
    for (const form of STORED_FORMS) {
      const to = form === "hashed" ? "hashed" : "encrypted";
      const value = await storedRowsPerSecond(form, to, availableParallelism(), ROWS / scale);
      figures.push({ name: `${form} to ${to === "hashed" ? to : "AES/GCM"}`, value, unit: "rows/s" });
    }
    return figures;
  },
};
