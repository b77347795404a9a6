import { expect, test } from "vitest";
import { loadDialect } from "../../../src/dialect/registry.ts";
import type { Difference } from "../../../src/verify/difference.ts";
import { type RepairOptions, repairDifferences } from "../../../src/verify/repair.ts";

const missing: Difference = { kind: "missing", side: "source", key: ["1"], columns: [] };

test.each(["postgres", "mysql", "mariadb", "mssql", "oracle"] as const)(
  "a connection that ends while a repair was stopped is told as such on %s",
  async (type) => {
    const stop = new AbortController();
    const ended = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
    const options = {
      table: { name: "T" },
      target: {
        dialect: await loadDialect(type),
        db: {
          transaction: async () => {
            stop.abort();
            throw ended;
          },
        },
      },
      comparison: {},
      deleteExtra: false,
      signal: stop.signal,
    } as unknown as RepairOptions;
    await expect(repairDifferences(options, [missing])).rejects.toBe(ended);
  },
);
