/** A command without a process of its own: for suites of many short calls. What it writes is caught. */

import { join } from "node:path";
import { vi } from "vitest";
import { main } from "../../src/cli/main.ts";
import { faultsOfOutput } from "./json-contract.ts";
import { findSecrets } from "./secrets.ts";

export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `sync-tool` with these arguments, its configuration and log in this folder; a secret in its output is a failure. */
export async function runInProcess(args: readonly string[], folder: string): Promise<Said> {
  const written = { stdout: "", stderr: "" };
  const spies = (["stdout", "stderr"] as const).map((name) =>
    vi.spyOn(process[name], "write").mockImplementation((text) => {
      written[name] += String(text);
      return true;
    }),
  );
  const [command = "", ...rest] = args;
  const takesFlags = /^[a-z]/.test(command) && !["dead-letters"].includes(command);
  const own = (flag: string, value: string): readonly string[] =>
    rest.includes(flag) || (flag === "--config" && rest.includes("-c")) ? [] : [flag, value];
  const placed = [
    ...own("--config", join(folder, "sync.properties")),
    ...own("--log-dir", join(folder, "logs")),
  ];
  const argv = takesFlags
    ? [command, ...placed, ...rest]
    : command === "dead-letters" && rest.length > 0
      ? [...args, ...placed]
      : [...args];
  try {
    const code = await main(argv);
    const found = findSecrets(`${written.stdout}${written.stderr}`);
    if (found.length > 0) throw new Error(`sync-tool ${command} gave away secrets ${found.join(", ")}`);
    const faults = faultsOfOutput(args, written.stdout);
    if (faults.length > 0) throw new Error(`JSON that breaks its contract: ${faults.join("; ")}`);
    return { code, ...written };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
