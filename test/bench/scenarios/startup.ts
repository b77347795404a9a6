import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Scenario } from "../scenario.ts";
import { median, seconds } from "../stats.ts";

const ENTRY = join(import.meta.dirname, "../../../bin/sync-tool.js");
const TURNS = 9;
const run = promisify(execFile);

/** How long an operator waits for the built command to say anything. */
export const startup: Scenario = {
  name: "startup",
  once: true,
  async run() {
    const times: { help: number[]; node: number[] } = { help: [], node: [] };
    for (let turn = 0; turn < TURNS; turn++) {
      times.node.push(await seconds(async () => void (await run(process.execPath, ["-e", "0"]))));
      times.help.push(await seconds(async () => void (await run(process.execPath, [ENTRY, "--help"]))));
    }
    const [node, help] = [median(times.node) * 1_000, median(times.help) * 1_000];
    return [
      { name: "node -e 0", value: node, unit: "ms" },
      { name: "sync-tool --help", value: help, unit: "ms" },
      { name: "beyond twice node -e 0", value: help - 2 * node, unit: "ms", target: { atMost: 60 } },
    ];
  },
};
