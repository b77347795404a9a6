/** The command as it stands in src, for child processes: nothing has to be built. */
import { main } from "../../src/cli/main.ts";

process.exitCode = await main(process.argv.slice(2));
