import { afterEach, beforeEach, expect, test } from "vitest";
import { parseAddress } from "../../src/listen/address.ts";
import { openListener } from "../../src/listen/server.ts";
import { createLook } from "../../src/run/status-look.ts";
import { createTally } from "../../src/status/tally.ts";
import { startWatch } from "../../src/status/watch.ts";
import type { BlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import { insertToken, openTokenPair, TOKEN_TABLES } from "../support/token-rows.ts";
import { waitFor } from "../support/wait-for.ts";
import { watchedDatabase } from "../support/watched-database.ts";

const PAGES = 20;
const ROUNDS = 5;
const PATHS = ["", "status.json", "metrics", "readyz"];

describeDialects(
  "Pages and scrapes",
  (dialect) => {
    let pair: BlueGreen;
    beforeEach(async () => {
      pair = await openTokenPair(dialect, TOKEN_TABLES);
    });
    afterEach(async () => {
      await pair.close();
    });

    test("ask the databases for nothing more than nobody does", async () => {
      await pair.source.test.exec(insertToken("pending"));
      let sent = 0;
      const counted = <T extends BlueGreen["source"] | BlueGreen["target"]>(side: T): T => ({
        ...side,
        db: watchedDatabase(side.db, {
          before: () => {
            sent += 1;
          },
        }),
      });
      const schema = {
        name: "identity",
        plan: await pair.plan(),
        source: counted(pair.source),
        target: counted(pair.target),
      } as const;
      const ended = new AbortController();
      const { signal } = ended;
      const watch = startWatch({
        look: createLook({ schemas: [schema], hasWayBack: false, isDecided: false, signal }),
        tally: createTally(),
        // One look is all that this test lives to see: whatever is sent after it was asked for by somebody.
        everyMs: 3_600_000,
        signal,
        onFailure: (error) => {
          throw error;
        },
      });
      const address = parseAddress("127.0.0.1:0");
      const listener = await openListener({ address, token: undefined, logLines: () => [], signal });
      const gone = new AbortController();
      try {
        listener.show(watch);
        await waitFor(() => watch.view(), { what: "the first look", timeoutMs: 60_000 });
        expect(watch.view()?.report.tables.map(({ pending }) => pending)).toContain(1);
        const ofTheLook = sent;
        expect(ofTheLook).toBeGreaterThan(0);
        const pages = await Promise.all(
          Array.from({ length: PAGES }, () => fetch(`${listener.url}events`, { signal: gone.signal })),
        );
        expect(new Set(pages.map(({ status }) => status))).toEqual(new Set([200]));
        for (let round = 0; round < ROUNDS; round++) {
          const answers = await Promise.all(PATHS.map((path) => fetch(`${listener.url}${path}`)));
          expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
          for (const answer of answers) await answer.text();
        }
        expect(sent - ofTheLook).toBe(0);
      } finally {
        gone.abort();
        ended.abort();
        await watch.done;
        await listener.close();
      }
    });
  },
  ["postgres"],
);
