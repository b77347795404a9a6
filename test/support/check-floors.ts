/** Part of `npm run lint`: ends with 1 when an import in the working folder's src/ points upward, see src/README.md. */

import { floorProblems } from "./floors.ts";

const problems = floorProblems("src");
for (const problem of problems) process.stderr.write(`${problem}\n`);
if (problems.length > 0) process.exitCode = 1;
