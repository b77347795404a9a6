import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeDialects } from "../support/dialects.ts";
import { DDL_DIALECTS, DDL_FOLDER, referenceScripts } from "../support/reference-ddl.ts";

describeDialects(
  "The scripts in ddl/",
  (dialect) => {
    test("are what the generator writes (npm run ddl)", async () => {
      const scripts = await referenceScripts(await dialect.server());
      expect(scripts).toHaveLength(6);
      for (const { file, text } of scripts) {
        expect(await readFile(join(DDL_FOLDER, dialect.name, file), "utf8"), file).toBe(text);
      }
    });
  },
  DDL_DIALECTS,
);
