/** A Galera cluster of MariaDB servers on the loopback interface. */

import { existsSync } from "node:fs";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createConnection } from "mysql2/promise";
import { waitFor } from "../wait-for.ts";
import { startManagedServer } from "./managed-server.ts";
import { findMariadb, startMariadb } from "./mariadb.ts";
import { mysqlAccess } from "./mysql-access.ts";
import { giveTo, mysqlAddress, serverArgs } from "./mysql-process.ts";
import { freePort, logTail } from "./process.ts";
import type { TestServer } from "./test-server.ts";

const PROVIDERS = ["/usr/lib/galera/libgalera_smm.so", "/usr/lib64/galera-4/libgalera_smm.so"];

/** Why there can be no cluster here; undefined when there can. */
export function missingGalera(): string | undefined {
  if (findMariadb() === undefined) return "MariaDB is not installed (Debian: mariadb-server)";
  return provider() === undefined ? "Galera is not installed (Debian: galera-4)" : undefined;
}

/** MariaDB finds it by its name in PATH. */
const SCRIPT = "wsrep_sst_copied";

const provider = (): string | undefined => PROVIDERS.find((file) => existsSync(file));

/**
 * What a node that joins and the node that helps it run, in place of one of MariaDB's own scripts, which need rsync:
 * the data is there already, only the few events since then follow, by Galera's own way. The address that the joiner
 * gives is its data folder.
 */
const stateTransfer = ({ uuid, seqno }: State): string => `#!/bin/sh
while [ $# -gt 0 ]; do
  case "$1" in
    --role) role=$2 ;;
    --address) address=$2 ;;
    --datadir) folder=$2 ;;
  esac
  shift
done
if [ "$role" = joiner ]; then
  echo "ready \${folder%/}"
  while [ ! -e "$folder/may-join" ]; do sleep 0.1; done
  echo "${uuid}:${seqno}"
else
  touch "$address/may-join"
  echo "done ${uuid}:${seqno}"
fi
`;

interface State {
  readonly uuid: string;
  readonly seqno: string;
}

/** Starts a cluster. Every node begins with a copy of one data folder and with the same position. */
export async function startGalera(size: number): Promise<readonly TestServer[]> {
  const folders: string[] = [];
  const nodes: TestServer[] = [];
  try {
    const first = await makeFirst();
    folders.push(first);
    const state = await readState(first);
    const ports = await Promise.all(Array.from({ length: size }, () => freePort()));
    for (let i = 1; i < size; i++) folders.push(await copyOf(first));
    for (const [index, folder] of folders.entries()) {
      await writeFile(join(folder, SCRIPT), stateTransfer(state), { mode: 0o755 });
      const node = await startNode({ folder, ports, index });
      nodes.push(node);
      await untilSynced(node, index + 1);
    }
    return nodes;
  } catch (error) {
    for (const node of nodes) await node.kill();
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** A data folder whose tables know a position of a cluster. */
async function makeFirst(): Promise<string> {
  const seed = await startMariadb();
  await shutDown(seed);
  const folder = await copyOf(seed.dataDir);
  await seed.stop();
  const alone = await startNode({ folder, ports: [await freePort()], index: 0 });
  await shutDown(alone);
  return folder;
}

async function readState(folder: string): Promise<State> {
  const text = await readFile(join(folder, "data", "grastate.dat"), "utf8");
  const [, uuid, seqno] = /uuid:\s+(\S+)\s+seqno:\s+(\d+)/.exec(text) ?? [];
  if (uuid === undefined || seqno === undefined) throw new Error(`no state in grastate.dat:\n${text}`);
  return { uuid, seqno };
}

/** Ends a server in an orderly way; unlike after `stop`, its data stays. */
async function shutDown(server: TestServer): Promise<void> {
  const database = await server.createDatabase();
  const session = await database.session({ admin: true });
  await session.exec([`DROP DATABASE ${database.name}`, `DROP USER '${database.name}'@'%'`, "SHUTDOWN"]);
  await session.close();
  await waitFor(() => !existsSync(join(server.dataDir, "server.pid")), {
    what: "the end of the first server",
    timeoutMs: 30_000,
  });
  // Waits for the process itself, too.
  await server.kill();
}

async function untilSynced(node: TestServer, size: number): Promise<void> {
  await waitFor(
    async () => {
      const connection = await createConnection({
        host: node.host,
        port: node.port,
        user: node.adminUser,
        password: node.adminPassword,
      }).catch(() => undefined);
      const found = await connection
        ?.query(
          "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_cluster_size', 'wsrep_local_state_comment')",
        )
        .catch(() => undefined);
      connection?.destroy();
      const text = JSON.stringify(found?.[0] ?? "");
      return text.includes('"Synced"') && text.includes(`"${size}"`);
    },
    {
      what: `node ${size} of the cluster`,
      timeoutMs: 60_000,
      pollMs: 200,
      facts: () => logTail(join(node.dataDir, "server.log"), 12),
    },
  );
}

async function copyOf(from: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sync-tool-galera-"));
  await cp(join(from, "data"), join(folder, "data"), { recursive: true });
  await giveTree(folder);
  return folder;
}

async function giveTree(folder: string): Promise<void> {
  const inside = await readdir(folder, { recursive: true });
  await giveTo("mysql", folder, ...inside.map((name) => join(folder, name)));
}

interface NodeOptions {
  readonly folder: string;
  /** Of the cluster's own traffic, one for each node. */
  readonly ports: readonly number[];
  readonly index: number;
}

async function startNode({ folder, ports, index }: NodeOptions): Promise<TestServer> {
  const programs = findMariadb();
  if (programs === undefined) throw new Error("MariaDB is not installed");
  const address = mysqlAddress("mariadb", await freePort());
  const port = ports[index] ?? 0;
  const peers = ports.map((one) => `127.0.0.1:${one}`).join(",");
  const options = [
    `base_port=${port}`,
    `gmcast.listen_addr=tcp://127.0.0.1:${port}`,
    `ist.recv_addr=127.0.0.1:${await freePort()}`,
    "gcache.size=16M",
    // A node that is gone is given up soon.
    "evs.keepalive_period=PT0.5S",
    "evs.inactive_check_period=PT0.5S",
    "evs.suspect_timeout=PT2S",
    "evs.inactive_timeout=PT4S",
  ];
  return await startManagedServer({
    address,
    access: mysqlAccess(address),
    dataDir: folder,
    stopSignal: "SIGTERM",
    program: {
      command: programs.server,
      args: [
        "--no-defaults",
        ...(process.getuid?.() === 0 ? ["--user=mysql"] : []),
        ...serverArgs(folder, address.port, { args: ["--init-file="] }),
        "--binlog-format=ROW",
        "--innodb-autoinc-lock-mode=2",
        "--wsrep-on=ON",
        `--wsrep-provider=${provider()}`,
        `--wsrep-cluster-address=gcomm://${index === 0 ? "" : peers}`,
        ...(index === 0 ? ["--wsrep-new-cluster"] : []),
        "--wsrep-node-address=127.0.0.1",
        `--wsrep-node-incoming-address=127.0.0.1:${address.port}`,
        `--wsrep-provider-options=${options.join(";")}`,
        "--wsrep-sst-method=copied",
      ],
      env: { PATH: `${folder}:${process.env["PATH"]}` },
      logFile: join(folder, "server.log"),
    },
  });
}
