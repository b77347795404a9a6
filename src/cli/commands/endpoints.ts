import { writeFile } from "node:fs/promises";
import { FORMATS } from "../../endpoints/formats.ts";
import { alarmLines } from "../../endpoints/head-comment.ts";
import { type FrontWords, readFront } from "../../endpoints/read-front.ts";
import { EXIT, SyncError } from "../../errors.ts";
import { writeErr, writeOut } from "../output.ts";

export interface EndpointsFlags extends FrontWords {
  readonly out?: string;
}

/** Writes the file of a load balancer for the maintenance window: to `--out`, else to stdout. Asks no database. */
export async function endpoints(flags: EndpointsFlags): Promise<number> {
  const front = readFront(flags);
  const text = FORMATS[flags.format]?.(front) ?? "";
  if (flags.out === undefined) writeOut(text);
  else await write(flags.out, text);
  writeErr(`${alarmLines().join("\n")}\n`);
  return EXIT.ok;
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw new SyncError("USAGE_INVALID", {
      what: `${path} cannot be written (${(error as NodeJS.ErrnoException).code ?? "unknown reason"})`,
      next: "Name another file with --out",
      cause: error,
    });
  }
  writeOut(path);
}
