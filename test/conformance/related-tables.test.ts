import { afterEach, beforeEach, expect, test } from "vitest";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import { waitUntilBlocked } from "../support/lock-waits.ts";
import type { TestSession } from "../support/servers/test-server.ts";
import {
  deleteToken,
  insertScope,
  insertToken,
  openTokenPair,
  scopes,
  tokenIds,
  touchToken,
} from "../support/token-rows.ts";
import { waitFor } from "../support/wait-for.ts";
import { watchedDatabase } from "../support/watched-database.ts";
import { isMysqlLike } from "../support/wso2-tables.ts";

describeDialects("Tokens and their scopes", (dialect) => {
  let pair: BlueGreen;
  beforeEach(async () => {
    pair = await openTokenPair(dialect);
  });
  afterEach(() => pair.close());

  /** An open transaction at READ COMMITTED, which on MySQL reads without locks. */
  async function begin(): Promise<TestSession> {
    const session = await pair.source.test.session();
    if (isMysqlLike(dialect.name))
      await session.exec("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
    await session.exec("BEGIN");
    return session;
  }

  test("keep the scopes of a token that is deleted and made again while the runner looks at both journals", async () => {
    await pair.source.test.exec([insertToken("p"), insertScope("p", "old"), insertToken("other")]);
    await pair.run();
    // The scopes' positions are drawn before another session's, and are committed after the runner has looked at the
    // tokens' journal.
    const late = await begin();
    await late.exec([
      insertScope("other", "first"),
      deleteToken("p"),
      insertToken("p"),
      insertScope("p", "new"),
    ]);
    await pair.source.test.exec(insertScope("other", "second"));
    const { names } = await pair.table("IDN_OAUTH2_ACCESS_TOKEN");
    const looksAtTokens = new RegExp(`max\\(.*${names.journal}["\`\\]]`, "is");
    let isCommitted = false;
    const sourceDb = watchedDatabase(pair.source.db, {
      async after(sql) {
        if (isCommitted || !looksAtTokens.test(sql)) return;
        isCommitted = true;
        await late.exec("COMMIT");
      },
    });
    await pair.run({ batchSize: 1, sourceDb });
    expect(isCommitted).toBe(true);
    expect(await tokenIds(pair, "target")).toEqual(["other", "p"]);
    expect(await scopes(pair, "target")).toEqual(["other first", "other second", "p new"]);
  });

  test("of several applications that are deleted by one statement are deleted too", async () => {
    for (const side of [pair.source, pair.target])
      await side.test.exec(
        "INSERT INTO IDN_OAUTH_CONSUMER_APPS (ID, CONSUMER_KEY, TENANT_ID) VALUES (2, 'app-2', -1234)",
      );
    await pair.source.test.exec([insertToken("a"), insertScope("a", "openid")]);
    await pair.run();
    const [busy, admin] = [await begin(), await begin()];
    await busy.exec([insertToken("b").replace("1, 'user", "2, 'user"), insertScope("b", "openid")]);
    const deleted = admin.exec("DELETE FROM IDN_OAUTH_CONSUMER_APPS");
    await waitUntilBlocked(pair.source.test);
    await busy.exec("COMMIT");
    await deleted;
    await admin.exec("COMMIT");
    await pair.run();
    expect(await tokenIds(pair, "source")).toEqual([]);
    expect(await tokenIds(pair, "target")).toEqual([]);
    expect(await scopes(pair, "target")).toEqual([]);
  });

  test("of other tokens are written while a deletion with a cascade is under way", async () => {
    await pair.source.test.exec(
      ["a", "b", "c"].flatMap((id) => [insertToken(id), insertScope(id, "openid")]),
    );
    const [busy, admin] = [await begin(), await begin()];
    await busy.exec(touchToken("b", "held"));
    // The first row's cascade is journaled; the second row has to wait.
    const deleted = admin.exec("DELETE FROM IDN_OAUTH2_ACCESS_TOKEN WHERE TOKEN_ID IN ('a', 'b')");
    await waitUntilBlocked(pair.source.test);
    let isWritten = false;
    const login = await pair.source.test.session();
    const written = login.exec(insertScope("c", "email")).then(() => {
      isWritten = true;
    });
    await waitFor(async () => isWritten, { what: "a scope of another token to be written" }).finally(() =>
      busy.exec("COMMIT"),
    );
    await Promise.all([written, deleted]);
    await admin.exec("COMMIT");
    await pair.run();
    expect(await scopes(pair, "target")).toEqual(["c email", "c openid"]);
  });

  test("are not brought back by an update that was under way when their application was deleted", async () => {
    await pair.source.test.exec([insertToken("a"), insertScope("a", "openid")]);
    await pair.run();
    const [busy, admin] = [await begin(), await begin()];
    await busy.exec(touchToken("a", "once"));
    const deleted = admin.exec("DELETE FROM IDN_OAUTH_CONSUMER_APPS");
    await waitUntilBlocked(pair.source.test);
    // PostgreSQL checks the foreign key again when a row is updated twice, which would be a deadlock.
    await busy.exec([
      dialect.name === "postgres" ? insertScope("a", "late") : touchToken("a", "twice"),
      "COMMIT",
    ]);
    await deleted;
    await admin.exec("COMMIT");
    await pair.run();
    expect(await tokenIds(pair, "source")).toEqual([]);
    expect(await tokenIds(pair, "target")).toEqual([]);
    expect(await scopes(pair, "target")).toEqual([]);
  });
});

describeDialects("Two tables that refer to each other", (dialect) => {
  let pair: BlueGreen;
  const create = (name: string, other: string) =>
    `CREATE TABLE ${name} (ID VARCHAR(20) NOT NULL PRIMARY KEY, ${other}_ID VARCHAR(20))`;
  const refer = (name: string, other: string) =>
    `ALTER TABLE ${name} ADD FOREIGN KEY (${other}_ID) REFERENCES ${other} (ID)`;
  const schema = [create("A", "B"), create("B", "A"), refer("A", "B"), refer("B", "A")];
  beforeEach(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.11.0",
      sourceSchema: schema,
      targetSchema: schema,
      tables: ["A", "B"],
    });
    await pair.prepare();
  });
  afterEach(() => pair.close());

  test("do not wait for each other", async () => {
    await pair.source.test.exec([
      "INSERT INTO A (ID) VALUES ('a')",
      "INSERT INTO B (ID, A_ID) VALUES ('b', 'a')",
    ]);
    await pair.run();
    await pair.source.test.exec([
      "UPDATE A SET B_ID = 'b' WHERE ID = 'a'",
      "UPDATE B SET A_ID = NULL WHERE ID = 'b'",
    ]);
    await pair.run();
    for (const table of ["A", "B"])
      expect(await pair.rows("target", table)).toEqual(await pair.rows("source", table));
  });
});
