/** The clients of knex that dialects extend: its type declarations leave them out. */

declare module "knex/lib/dialects/mssql/index.js" {
  import type { Knex } from "knex";

  const client: new (config: Knex.Config) => Knex.Client;
  export default client;
}

declare module "knex/lib/dialects/oracledb/index.js" {
  import type { Knex } from "knex";

  const client: new (config: Knex.Config) => Knex.Client;
  export default client;
}
