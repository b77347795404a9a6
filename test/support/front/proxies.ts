/** Load balancers of Debian that load a file of `sync-tool endpoints`. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "../servers/find-program.ts";
import { launch, logTail, runProgram } from "../servers/process.ts";
import { endProcess, isAlive, recordProcess } from "../servers/process-records.ts";
import { waitFor } from "../wait-for.ts";
import { rawRequest } from "./raw-request.ts";

export interface RunningProxy {
  stop(): Promise<void>;
}

export interface ProxyProgram {
  /** As Debian names its package. */
  readonly name: "nginx" | "haproxy" | "apache2";
  readonly format: string;
  /** Arguments that check the file, and that serve it in the foreground. `dir` is the folder of everything. */
  arguments(dir: string, file: string, port: number): { readonly check: string[]; readonly serve: string[] };
}

const isRoot = process.getuid?.() === 0;

export const NGINX: ProxyProgram = {
  name: "nginx",
  format: "nginx",
  arguments(dir, file) {
    const temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (kind) => `${kind}_temp_path ${join(dir, kind)};`,
    );
    const main = `daemon off; pid ${join(dir, "pid")}; ${isRoot ? "user root;" : ""} worker_processes 1; error_log stderr;
events {} http { access_log off; ${temp.join(" ")} include ${file}; }`;
    return nginxArguments(dir, main);
  },
};

/** nginx with a whole nginx.conf. */
export function nginxArguments(dir: string, main: string): { check: string[]; serve: string[] } {
  const conf = join(dir, "nginx.conf");
  writeFileSync(conf, main);
  const serve = ["-c", conf, "-p", dir, "-e", "stderr"];
  return { check: [...serve, "-t"], serve };
}

export const HAPROXY: ProxyProgram = {
  name: "haproxy",
  format: "haproxy",
  arguments: (_, file) => ({ check: ["-c", "-f", file], serve: ["-db", "-f", file] }),
};

const MODULES =
  "mpm_event authz_core ssl socache_shmcb rewrite headers proxy proxy_http proxy_balancer lbmethod_byrequests slotmem_shm";

export const APACHE: ProxyProgram = {
  name: "apache2",
  format: "apache",
  arguments(dir, file, port) {
    const conf = join(dir, "httpd.conf");
    writeFileSync(
      conf,
      [
        `ServerRoot ${dir}`,
        "ServerName identity",
        `PidFile ${join(dir, "pid")}`,
        `DefaultRuntimeDir ${dir}`,
        "ErrorLog /dev/stderr",
        ...(isRoot ? ["User www-data", "Group www-data"] : []),
        ...MODULES.split(" ").map(
          (name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`,
        ),
        `Listen 127.0.0.1:${port}`,
        `Include ${file}`,
        "",
      ].join("\n"),
    );
    return { check: ["-t", "-f", conf], serve: ["-D", "FOREGROUND", "-f", conf] };
  },
};

/** Checks the file with the program's own check, then serves it. @throws Error with the program's words. */
export async function startProxy(
  program: Pick<ProxyProgram, "name">,
  args: { readonly check: string[]; readonly serve: string[] },
  { dir, port }: { readonly dir: string; readonly port: number },
): Promise<RunningProxy> {
  const command = findProgram(program.name);
  if (command === undefined) throw new Error(`${program.name} is not installed`);
  const logFile = join(dir, "log");
  await runProgram({ command, args: args.check, logFile });
  const pid = await launch({ command, args: args.serve, logFile });
  recordProcess({ pid, dataDir: dir, stopSignal: "SIGTERM" });
  const stop = (): Promise<void> => endProcess(pid, "SIGTERM").catch(() => endProcess(pid, "SIGKILL"));
  await waitFor(
    async () => {
      if (!isAlive(pid)) throw new Error(`${program.name} ended at its start\n${logTail(logFile)}`);
      return await rawRequest(port, { path: "/" }).then(
        () => true,
        () => false,
      );
    },
    { what: `an answer of ${program.name}`, timeoutMs: 30_000, facts: () => logTail(logFile) },
  ).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { stop };
}
