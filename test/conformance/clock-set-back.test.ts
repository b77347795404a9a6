import { afterEach, beforeEach, test, vi } from "vitest";
import { type BackgroundRun, startRun } from "../support/background-run.ts";
import { type BlueGreen, waitUntilEqual } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import { insertToken, openTokenPair, TOKEN_TABLES, tokenIds } from "../support/token-rows.ts";
import { waitFor } from "../support/wait-for.ts";

const [AT] = TOKEN_TABLES;
const HOUR_MS = 3_600_000;

describeDialects("A host whose clock is set back an hour", (dialect) => {
  let pair: BlueGreen;
  let run: BackgroundRun | undefined;
  beforeEach(async () => {
    pair = await openTokenPair(dialect, [AT]);
  });
  afterEach(async () => {
    vi.useRealTimers();
    await run?.stop();
    await pair.close();
  });

  test("goes on with a hole that was open then", async () => {
    const open = await pair.source.test.session();
    await open.exec(["BEGIN", insertToken("gone")]);
    await pair.source.test.exec(insertToken("behind"));
    run = startRun(pair);
    await run.blocked();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - HOUR_MS });
    await open.exec("ROLLBACK");
    await waitFor(async () => (await tokenIds(pair, "target")).includes("behind"), {
      what: "what is behind the hole",
    });
    await waitUntilEqual(pair, AT);
  });
});
