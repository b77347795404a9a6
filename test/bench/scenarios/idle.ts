import type { Database } from "../../../src/db/database.ts";
import { openLab, SCOPES, TOKENS } from "../lab.ts";
import type { Scenario } from "../scenario.ts";

/** Looks that are counted; the run reads the journals themselves at every twentieth. */
const POLLS = 60;

/** What a run that has nothing to do asks of blue. */
export const idle: Scenario = {
  name: "idle",
  async run({ server }) {
    const lab = await openLab(server, "5.11.0", [TOKENS, SCOPES]);
    const stop = new AbortController();
    let polls = 0;
    let statements = 0;
    let ofJournals = 0;
    const journals = lab.tables.map(({ names }) => lab.source.dialect.sql.quote(names.journal));
    const sourceDb: Database = {
      ...lab.source.db,
      query: (sql, params) => {
        // The first looks find the end of the journals.
        if (polls > 2) {
          statements += 1;
          if (journals.some((journal) => sql.includes(`FROM ${journal}`))) ofJournals += 1;
        }
        return lab.source.db.query(sql, params);
      },
    };
    const [first] = lab.tables;
    try {
      await lab.drain({
        sourceDb,
        until: "stopped",
        syncIntervalMs: 5,
        signal: stop.signal,
        events: {
          idle: (table) => {
            if (table === first?.name) polls += 1;
            if (polls === POLLS + 2) stop.abort();
          },
        },
      });
      const perLook = POLLS * lab.tables.length;
      return [
        {
          name: "statements on the source per table and look",
          value: statements / perLook,
          unit: "",
          target: { atMost: 1 },
        },
        { name: "of them reading a journal", value: ofJournals / perLook, unit: "" },
      ];
    } finally {
      await lab.close();
    }
  },
};
