import { behindProxy } from "../support/behind-proxy.ts";
import type { TestDialectName } from "../support/env.ts";
import type { TestDatabase } from "../support/servers/test-server.ts";
import type { TcpProxy } from "../support/tcp-proxy.ts";

const MYSQL_SILENCE = "?socketTimeout=3000&connectTimeout=3000";

const SHORT_SILENCE: Readonly<Record<TestDialectName, string>> = {
  postgres: "?socketTimeout=3&connectTimeout=3",
  mysql: MYSQL_SILENCE,
  mariadb: MYSQL_SILENCE,
  mssql: ";socketTimeout=3000;loginTimeout=3",
  oracle: "",
};

/** The same database, reached through the proxy; connections count as dead after three seconds of silence. */
export function behind(test: TestDatabase, proxy: TcpProxy): TestDatabase {
  const through = behindProxy(test, proxy);
  return { ...through, jdbcUrl: `${through.jdbcUrl}${SHORT_SILENCE[test.settings.type]}` };
}
