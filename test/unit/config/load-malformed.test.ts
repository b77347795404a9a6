import net from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { loadConfig } from "../../../src/config/load.ts";
import { SyncError } from "../../../src/errors.ts";
import { configFolder, GOOD_WARNING } from "./config-folder.ts";
import { GOOD_PROPERTIES, GOOD_TOML } from "./malformed-configuration.ts";
import { MALFORMED_DEPLOYMENT } from "./malformed-deployment.ts";
import { MALFORMED_PROPERTIES } from "./malformed-properties.ts";
import { MALFORMED_URLS } from "./malformed-urls.ts";

const MALFORMED = [...MALFORMED_PROPERTIES, ...MALFORMED_DEPLOYMENT, ...MALFORMED_URLS];

describe("a malformed configuration", () => {
  const connect = vi.spyOn(net.Socket.prototype, "connect");
  beforeEach(() => {
    connect.mockClear();
  });
  afterEach(() => {
    expect(connect).not.toHaveBeenCalled();
  });

  it.each(MALFORMED)("with $name is refused with its whole report", async (malformed) => {
    const { properties = GOOD_PROPERTIES, toml = GOOD_TOML, dotenv, defines = [] } = malformed;
    const folder = await configFolder({ properties, toml, dotenv });
    const error: unknown = await loadConfig({ configFile: folder.configFile, defines, env: {} }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    await folder.remove();
    if (!(error instanceof SyncError)) throw new Error("expected a SyncError", { cause: error });
    const [headline, ...lines] = folder.shorten(error.message).split("\n");
    expect(lines).toEqual(malformed.report.map((line) => `  ${line}`));
    expect(headline).toBe(
      malformed.report.length === 1
        ? "The configuration has 1 problem:"
        : `The configuration has ${malformed.report.length} problems:`,
    );
    expect([error.code, error.exitCode]).toEqual(["CONFIG_INVALID", 3]);
    expect(`${error.message}${error.next}${JSON.stringify(error.at)}`).not.toContain("secret@");
    expect(error.message).not.toMatch(/(blue|green)[-/&]?secret/);
  });

  it("is one of at least 40 in this table", () => {
    expect(MALFORMED.length).toBeGreaterThanOrEqual(40);
  });

  it("is loaded when nothing in it is wrong, so that the cases above differ by their mistake alone", async () => {
    const folder = await configFolder({ properties: GOOD_PROPERTIES, toml: GOOD_TOML });
    const config = await loadConfig({ configFile: folder.configFile, env: {} });
    await folder.remove();
    expect(config.warnings.map(folder.shorten)).toEqual([GOOD_WARNING]);
  });
});
