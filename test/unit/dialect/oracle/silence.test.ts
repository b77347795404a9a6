import { createRequire } from "node:module";
import { createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { classifyError } from "../../../../src/dialect/oracle/classify-error.ts";
import { endSilent } from "../../../../src/dialect/oracle/silence.ts";
import { waitFor } from "../../../support/wait-for.ts";

interface ThinConnection {
  connect(params: Record<string, unknown>): Promise<void>;
}

/**
 * The driver's own time limit asks the server to break off, and waits for its answer as long as the network is dead
 * (node-oracledb, lib/thin/protocol/protocol.js; its issue 1626 measures sixteen minutes).
 */
test("a connection whose other end falls silent is lost, and not waited for", async () => {
  const sockets = new Set<Socket>();
  let asked = false;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("data", () => {
      asked = true;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const Thin: new () => ThinConnection = createRequire(import.meta.url)("oracledb/lib/thin/connection.js");
  const thin = new Thin();
  const attempt = thin
    .connect({
      user: "sync_tool",
      password: "wrong",
      connectString: `(DESCRIPTION=(CONNECT_TIMEOUT=30)(ADDRESS=(PROTOCOL=TCP)(HOST=127.0.0.1)(PORT=${port}))(CONNECT_DATA=(SERVICE_NAME=X)))`,
      stmtCacheSize: 1,
    })
    .then(
      () => undefined,
      (error: unknown) => error,
    );
  try {
    await waitFor(() => asked, { what: "the driver's first packet" });
    const start = Date.now();
    const connection: { readonly _impl: ThinConnection; __knex__disposed?: unknown } = { _impl: thin };
    expect(endSilent(connection as never, 3_000)).toBe(true);
    expect(classifyError(await attempt)).toMatchObject({ class: "connection" });
    await waitFor(() => connection.__knex__disposed !== undefined, { what: "the pool to be told" });
    expect(Date.now() - start).toBeGreaterThan(2_500);
    expect(Date.now() - start).toBeLessThan(15_000);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
});
