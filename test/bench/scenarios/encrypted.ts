import { availableParallelism } from "node:os";
import { STORED_FORMS, transformStored } from "../crypto.ts";
import type { Scenario } from "../scenario.ts";
import { createTally, type Measured, median } from "../stats.ts";

const ROWS = 1_000;

/** Rows per second of each stored form, no database: beside a drain, how far the keys hold it up. */
export const encrypted: Scenario = {
  name: "encrypted",
  once: true,
  async run({ rounds, scale }) {
    const [rates, cores] = [createTally(), createTally()];
    for (let round = 0; round < rounds; round++) {
      for (const form of STORED_FORMS) {
        const to = form === "hashed" ? "hashed" : "encrypted";
        const name = `${form} to ${to === "hashed" ? to : "AES/GCM"}`;
        const found = await transformStored(form, to, availableParallelism(), ROWS / scale);
        rates.note(name, found.rowsPerSecond);
        cores.note(name, found.coresBusy);
      }
    }
    return rates.names().flatMap((name): Measured[] => [
      { name, value: median(rates.of(name)), unit: "rows/s" },
      { name: `${name}, busy`, value: median(cores.of(name)), unit: `of ${availableParallelism()} cores` },
    ]);
  },
};
