import type { TestDialectName } from "../env.ts";
import { mssqlAccess } from "./mssql-access.ts";
import { mysqlAccess } from "./mysql-access.ts";
import { oracleAccess } from "./oracle-access.ts";
import { postgresAccess } from "./postgres-access.ts";
import type { ServerAccess, ServerAddress, TestServer } from "./test-server.ts";

const DEFAULT_PORTS = { postgres: 5432, mariadb: 3306, mysql: 3306, mssql: 1433, oracle: 1521 };

export function accessTo(address: ServerAddress): ServerAccess {
  switch (address.dialect) {
    case "postgres":
      return postgresAccess(address);
    case "mariadb":
    case "mysql":
      return mysqlAccess(address);
    case "mssql":
      return mssqlAccess(address);
    case "oracle":
      return oracleAccess(address);
  }
}

/** A server that somebody else started and will stop: it can be used, not stopped or killed. */
export async function attachServer(address: ServerAddress): Promise<TestServer> {
  const access = accessTo(address);
  const refuse = () =>
    Promise.reject(new Error("This server is shared: start a private one to stop or kill it"));
  return {
    ...address,
    version: await access.version(),
    dataDir: "",
    createDatabase: access.createDatabase,
    stop: refuse,
    kill: refuse,
    restart: refuse,
  };
}

/** `mysql://root:password@host:3306`: the scheme does not matter, the user must be able to make databases and users. */
export function addressOf(dialect: TestDialectName, url: string): ServerAddress {
  const { hostname, port, username, password } = new URL(url);
  return {
    dialect,
    host: hostname,
    port: port === "" ? DEFAULT_PORTS[dialect] : Number(port),
    adminUser: decodeURIComponent(username),
    adminPassword: decodeURIComponent(password),
  };
}
