import type { TestDatabase } from "./servers/test-server.ts";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

/** A proxy before the server of a database. */
export function startProxyBefore({ settings: { hosts } }: Pick<TestDatabase, "settings">): Promise<TcpProxy> {
  const [host] = hosts;
  if (host === undefined) throw new Error("a server has a host");
  return startTcpProxy(host);
}

/** The same database, reached by its URL through the proxy. */
export function behindProxy(database: TestDatabase, proxy: TcpProxy): TestDatabase {
  const [host] = database.settings.hosts;
  const jdbcUrl = database.jdbcUrl.replace(`${host?.host}:${host?.port}`, `${proxy.host}:${proxy.port}`);
  return { ...database, jdbcUrl };
}
