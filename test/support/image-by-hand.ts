/**
 * Builds a Dockerfile without Docker: each of its lines is carried out in a root file system of its stage, entered by `chroot`. The
 * base image's place is taken by Debian's smallest system (install-bare-host.sh) with this machine's Node in it.
 */

import { execFile } from "node:child_process";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
// biome-ignore lint/correctness/noUnresolvedImports: its package.json names its main file without the ending
import { type Copy, DockerfileParser, type Instruction } from "dockerfile-ast";
import type { CliResult } from "./cli.ts";
import { testEnv } from "./env.ts";

const exec = promisify(execFile);

interface Stage {
  readonly root: string;
  readonly env: Map<string, string>;
  workdir: string;
  user: string;
  entrypoint: readonly string[];
  command: readonly string[];
}

export interface ImageByHand {
  /** Where the final stage's files are. */
  readonly root: string;
  readonly user: string;
  /** Lines of the Dockerfile that were carried out, by instruction. */
  readonly done: readonly string[];
  /** `docker run`: the entry point with these arguments, or with those of CMD. */
  run(args?: readonly string[], env?: Readonly<Record<string, string>>): Promise<CliResult>;
  /** A program of the image, as the image's user. */
  exec(command: readonly string[]): Promise<CliResult>;
  remove(): Promise<void>;
}

/** `context` is the folder that COPY takes from. @throws Error with the line that fails. */
export async function buildByHand(dockerfile: string, context: string): Promise<ImageByHand> {
  const folder = await mkdtemp(join(tmpdir(), "sync-tool-image-"));
  const stages = new Map<string, Stage>();
  const done: string[] = [];
  let stage: Stage | undefined;
  const parsed = DockerfileParser.parse(readFileSync(dockerfile, "utf8"));
  for (const instruction of parsed.getInstructions()) {
    const keyword = instruction.getKeyword();
    try {
      if (keyword === "FROM") {
        const words = instruction.getArguments().map((one) => one.getValue());
        stage = await openStage(join(folder, String(stages.size)));
        stages.set(words[2] ?? String(stages.size), stage);
      } else if (stage === undefined) throw new Error("no FROM before it");
      else await carryOut(instruction, stage, { context, stages });
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      const { stderr = "", message } = error as { stderr?: string; message: string };
      throw new Error(`${instruction.toString()}\n${message}\n${stderr}`);
    }
    done.push(keyword);
  }
  if (stage === undefined) throw new Error("the Dockerfile has no FROM");
  const final = stage;
  return {
    root: final.root,
    user: final.user,
    done,
    run: (args = final.command, env = {}) => enter(final, [...final.entrypoint, ...args], env),
    exec: (command) => enter(final, command),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function openStage(root: string): Promise<Stage> {
  await exec("cp", ["-a", testEnv.bareHost(), root]);
  await cp(process.execPath, join(root, "usr/local/bin/node"));
  // npm is a folder beside Node, wherever that is installed.
  const { stdout } = await exec("npm", ["root", "--global"]);
  await mkdir(join(root, "usr/local/lib/node_modules"), { recursive: true });
  await exec("cp", ["-a", join(stdout.trim(), "npm"), join(root, "usr/local/lib/node_modules/npm")]);
  await exec("ln", ["-s", "../lib/node_modules/npm/bin/npm-cli.js", join(root, "usr/local/bin/npm")]);
  await giveNetwork(root);
  return {
    root,
    env: new Map([["PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]]),
    workdir: "/",
    user: "0:0",
    entrypoint: [],
    command: [],
  };
}

/** How this machine reaches npm's registry, and what it has downloaded of it already. */
async function giveNetwork(root: string): Promise<void> {
  for (const file of ["/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs/ca-certificates.crt"]) {
    if (!existsSync(file)) continue;
    await mkdir(join(root, dirname(file)), { recursive: true });
    await exec("cp", ["-L", file, join(root, file)]);
  }
  const setting = async (name: string): Promise<string> =>
    (await exec("npm", ["config", "get", name])).stdout.trim();
  const cache = join(await setting("cache"), "_cacache");
  await mkdir(join(root, "root/.npm"), { recursive: true });
  if (existsSync(cache)) await exec("cp", ["-a", cache, join(root, "root/.npm/_cacache")]);
  const lines = [`registry=${await setting("registry")}`, "prefer-offline=true", "update-notifier=false"];
  if (existsSync(join(root, "etc/ssl/certs/ca-certificates.crt")))
    lines.push("cafile=/etc/ssl/certs/ca-certificates.crt");
  appendFileSync(join(root, "root/.npmrc"), `${lines.join("\n")}\n`);
}

async function carryOut(
  instruction: Instruction,
  stage: Stage,
  { context, stages }: { readonly context: string; readonly stages: ReadonlyMap<string, Stage> },
): Promise<void> {
  const words = instruction.getArguments().map((one) => one.getValue());
  const text = instruction.getArgumentsContent() ?? "";
  switch (instruction.getKeyword()) {
    case "ENV":
      for (const word of words) stage.env.set(word.split("=")[0] ?? "", word.slice(word.indexOf("=") + 1));
      break;
    case "WORKDIR":
      stage.workdir = words[0] ?? "/";
      await mkdir(join(stage.root, stage.workdir), { recursive: true });
      break;
    case "COPY": {
      const from = (instruction as Copy).getFromFlag()?.getValue();
      const source = from === undefined || from === null ? context : stages.get(from)?.root;
      if (source === undefined) throw new Error(`there is no stage ${from}`);
      await copy(
        source,
        words.filter((word) => !word.startsWith("--")),
        stage,
      );
      break;
    }
    case "RUN": {
      const result = await enter(stage, ["/bin/sh", "-c", text], { HOME: "/root" }, "0:0");
      if (result.code !== 0) throw new Error(`ended with ${result.code}\n${result.stdout}\n${result.stderr}`);
      break;
    }
    case "USER":
      stage.user = words[0] ?? "";
      break;
    case "ENTRYPOINT":
      stage.entrypoint = JSON.parse(text) as string[];
      break;
    case "CMD":
      stage.command = JSON.parse(text) as string[];
      break;
    case "VOLUME":
      for (const path of JSON.parse(text) as string[])
        if (!existsSync(join(stage.root, path))) throw new Error(`${path} is not there`);
      break;
    default:
      throw new Error("an instruction that this test does not know");
  }
}

/** As Docker copies: the content of a folder, files into a folder when the name ends in a slash. */
async function copy(source: string, words: readonly string[], stage: Stage): Promise<void> {
  const to = words.at(-1) ?? "";
  const target = join(stage.root, to.startsWith("/") ? to : join(stage.workdir, to));
  const isFolder = to.endsWith("/");
  for (const word of words.slice(0, -1)) {
    const from = join(source, word);
    const end = isFolder ? join(target, basename(word)) : target;
    await mkdir(dirname(end), { recursive: true });
    await exec("cp", ["-aT", "--no-preserve=ownership", from, end]);
  }
}

function enter(
  { root, env, workdir, user }: Stage,
  command: readonly string[],
  more: Readonly<Record<string, string>> = {},
  as = user,
): Promise<CliResult> {
  const variables = [...env, ...Object.entries(more)].map(([name, value]) => `${name}=${value}`);
  const words = [
    `--userspec=${as}`,
    root,
    "/usr/bin/env",
    "-i",
    `--chdir=${workdir}`,
    ...variables,
    ...command,
  ];
  // A /proc of its own, which goes with the process: compilers look for themselves there.
  const mounted = [
    "--mount",
    "sh",
    "-c",
    'mount -t proc proc "$1/proc" && shift && exec chroot "$@"',
    "sh",
    root,
  ];
  return new Promise((resolve) => {
    const options = { timeout: 600_000, maxBuffer: 1 << 26 };
    execFile("unshare", [...mounted, ...words], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : null;
      resolve({ code, signal: error?.signal ?? null, stdout, stderr });
    });
  });
}
