import { afterEach, beforeEach, expect, test } from "vitest";
import type { ConnectionSettings } from "../../src/config/sync-config.ts";
import type { Database } from "../../src/db/database.ts";
import { loadDialect } from "../../src/dialect/registry.ts";
import { startProxyBefore } from "../support/behind-proxy.ts";
import { describeDialects } from "../support/dialects.ts";
import type { TestDatabase } from "../support/servers/test-server.ts";
import type { TcpProxy } from "../support/tcp-proxy.ts";

describeDialects("A server that gives no new connection", (testDialect) => {
  let server: TestDatabase;
  let proxy: TcpProxy;
  let db: Database;
  beforeEach(async () => {
    server = await (await testDialect.server()).createDatabase();
    const settings = server.settings as ConnectionSettings;
    proxy = await startProxyBefore(server);
    const dialect = await loadDialect(settings.type);
    db = await dialect.connect({
      ...settings,
      hosts: [proxy],
      connectTimeoutMs: 30_000,
      pool: { ...settings.pool, max: 3, acquireTimeoutMs: 1_000 },
    });
  });
  afterEach(async () => {
    // First, or the pool waits for a connection that never comes.
    await proxy.close();
    await db.close();
    await server.drop();
  });

  test("is told of in our own words, after maxWait", async () => {
    const dialect = await loadDialect(server.settings.type);
    // The one that is open already.
    const taken = await db.session();
    proxy.silence();
    const failure: unknown = await db.query("SELECT 1 AS one").catch((error: unknown) => error);
    expect(dialect.classifyError(failure)).toMatchObject({
      class: "connection",
      code: "SYNC_NO_CONNECTION",
      reason: "the server gave no new connection within 1 s (maxWait)",
    });
    proxy.cut();
    await taken.release().catch(() => undefined);
  });
});
