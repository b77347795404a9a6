import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { OFFLINE_DIALECTS, offlineScripts } from "../../support/offline-ddl.ts";
import { DDL_FOLDER } from "../../support/reference-ddl.ts";

describe.each(OFFLINE_DIALECTS)("The scripts in ddl/%s", (name) => {
  test("are what the generator writes (npm run ddl)", async () => {
    const scripts = await offlineScripts(name);
    expect(scripts.length).toBeGreaterThan(8);
    for (const { file, text } of scripts) {
      expect(await readFile(join(DDL_FOLDER, name, file), "utf8"), file).toBe(text);
    }
  });

  test("have no line that sqlplus or sqlcmd would cut", async () => {
    const lines = (await offlineScripts(name)).flatMap(({ text }) => text.split("\n"));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(2_400);
  });
});
