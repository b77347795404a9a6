/** Called by the build: writes the man page to the file that is named, so that npm installs it. */
import { writeFileSync } from "node:fs";
import { readVersion } from "../version.ts";
import { manPage } from "./man-page.ts";
import { createProgram } from "./program.ts";

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error("the file to write is missing");
const program = createProgram(new AbortController().signal, () => undefined);
writeFileSync(file, manPage(program, readVersion()));
