/** `tsx end-recorded.ts FOLDER`: ends the servers that an interrupted test run has left behind. */

import { endRecordedServers } from "./process-records.ts";

await endRecordedServers(process.argv[2] ?? "");
