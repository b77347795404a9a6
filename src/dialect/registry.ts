import type { DatabaseType } from "../config/sync-config.ts";
import type { Dialect } from "../contract/dialect.ts";

/** Loads a dialect, and with it its driver, only when a command needs it. */
export async function loadDialect(type: DatabaseType): Promise<Dialect> {
  switch (type) {
    case "postgres":
      return (await import("./postgres/index.ts")).postgres;
    case "mysql":
      return (await import("./mysql/index.ts")).mysql;
    case "mariadb":
      return (await import("./mariadb/index.ts")).mariadb;
    case "mssql":
      return (await import("./mssql/index.ts")).mssql;
    case "oracle":
      return (await import("./oracle/index.ts")).oracle;
  }
}
