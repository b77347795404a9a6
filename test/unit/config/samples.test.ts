import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { loadConfig } from "../../../src/config/load.ts";
import { parseProperties } from "../../../src/config/properties.ts";
import { type KeySpec, numberedSpecs, OTHER_KEYS, OWN_KEYS } from "../../../src/config/schema.ts";
import type { SyncConfig } from "../../../src/config/sync-config.ts";

const SAMPLES = join(import.meta.dirname, "../../../config");
const KEYS: readonly KeySpec[] = numberedSpecs([...OWN_KEYS, ...OTHER_KEYS], []);

async function loadSamples(defines: readonly string[]): Promise<SyncConfig> {
  const folder = await mkdtemp(join(tmpdir(), "sync-tool-samples-"));
  await copyFile(join(SAMPLES, "sync.properties.example"), join(folder, "sync.properties"));
  await copyFile(join(SAMPLES, "deployment.toml.example"), join(folder, "deployment.toml"));
  const env = { SOURCE_DB_PASSWORD: "a", TARGET_DB_PASSWORD: "b" };
  try {
    return await loadConfig({ configFile: join(folder, "sync.properties"), env, defines });
  } finally {
    await rm(folder, { recursive: true });
  }
}

it("the sample files ask for the version of the source, which no default could know", async () => {
  await expect(loadSamples([])).rejects.toThrow(
    /^The configuration has 1 problem:\n {2}\S+sync\.properties:10: sourceVersion: is empty, wanted one of 5\.0\.0, .*5\.11\.0; bin\/version\.txt of the source's server says which it is$/,
  );
});

it("the sample files load together without a warning once they have it", async () => {
  const config = await loadSamples(["sourceVersion=5.4.0"]);
  expect(config.warnings).toEqual([]);
  expect(config.schemas[0]?.target.settings).toEqual({
    type: "mysql",
    hosts: [{ host: "green-db.example.com", port: 3306 }],
    database: "identity_db",
    tls: { mode: "prefer" },
    user: "wso2sync",
    password: "b",
    connectTimeoutMs: 10_000,
    pool: { max: 10, acquireTimeoutMs: 60_000 },
  });
  expect(config.schemas[0]?.source.settings.pool).toEqual({
    max: 10,
    acquireTimeoutMs: 60_000,
    validationQuery: "SELECT 1",
  });
});

it("the sample sync.properties has every key once, mandatory ones set and optional ones commented with their default", async () => {
  const text = await readFile(join(SAMPLES, "sync.properties.example"), "utf8");
  const set = parseProperties(text).entries.map(({ key }) => key);
  const optional = parseProperties(text.replace(/^#(?=[\w.]+=)/gm, "")).entries.filter(
    ({ key }) => !set.includes(key),
  );
  expect(set.sort()).toEqual(
    KEYS.filter((spec) => spec.isMandatory)
      .map(({ name }) => name)
      .sort(),
  );
  const others = KEYS.filter((spec) => !spec.isMandatory);
  expect(optional.map(({ key }) => key).sort()).toEqual(others.map(({ name }) => name).sort());
  for (const { key, value } of optional) {
    const spec = others.find(({ name }) => name === key);
    if (spec?.default !== undefined) expect([key, value]).toEqual([key, spec.default]);
  }
});
