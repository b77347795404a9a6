/** Writes ddl/<database>/. `npm run ddl` after a change of the generator; a conformance test compares. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { OFFLINE_DIALECTS, offlineScripts } from "./offline-ddl.ts";
import { DDL_DIALECTS, DDL_FOLDER, referenceScripts } from "./reference-ddl.ts";
import { startMariadb } from "./servers/mariadb.ts";
import { startMysql } from "./servers/mysql.ts";
import { startPostgres } from "./servers/postgres.ts";

const START = { postgres: startPostgres, mysql: startMysql, mariadb: startMariadb };

for (const dialect of DDL_DIALECTS) {
  const server = await START[dialect]();
  try {
    const folder = join(DDL_FOLDER, dialect);
    await mkdir(folder, { recursive: true });
    for (const { file, text } of await referenceScripts(server)) await writeFile(join(folder, file), text);
    process.stdout.write(`${folder}\n`);
  } finally {
    await server.stop();
  }
}

for (const dialect of OFFLINE_DIALECTS) {
  const folder = join(DDL_FOLDER, dialect);
  await mkdir(folder, { recursive: true });
  for (const { file, text } of await offlineScripts(dialect)) await writeFile(join(folder, file), text);
  process.stdout.write(`${folder}\n`);
}
