/** `tsx test/support/scan-secrets.ts FILE...`: ends with 1 when a file holds a secret that the tests used. */

import { readFileSync } from "node:fs";
import { findSecrets, TEST_SECRETS } from "./secrets.ts";

const say = (line: string): void => void process.stdout.write(`${line}\n`);

for (const file of process.argv.slice(2)) {
  const found = findSecrets(readFileSync(file, "utf8"));
  say(
    `${file}: ${found.length} of ${TEST_SECRETS.length} secrets found${found.length === 0 ? "" : `, at ${found.join(", ")} of the list`}`,
  );
  if (found.length > 0) process.exitCode = 1;
}
