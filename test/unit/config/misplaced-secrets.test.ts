/** A secret that was put where it does not belong: the message names the place and shows two letters of it at most. */

import { afterEach, expect, test, vi } from "vitest";
import { main } from "../../../src/cli/main.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { SyncError } from "../../../src/errors.ts";
import { configFolder } from "./config-folder.ts";

const SECRET = "Xq7zKw9vJp3xQz8w";
/** No three letters of it in a row. */
const PARTS = Array.from({ length: SECRET.length - 2 }, (_, i) => SECRET.slice(i, i + 3).toLowerCase());

const PROPERTIES = [
  "sourceVersion=5.9.0",
  "targetVersion=5.11.0",
  "syncTables=IDN_IDENTITY_USER_DATA",
  "identitySchema=jdbc/Blue,jdbc/Green",
];
const datasource = (id: string, url = "jdbc:mysql://h/db", password = "p", pool = ""): string =>
  `[[datasource]]\nid = "${id}"\nurl = "${url}"\nusername = "u"\npassword = "${password}"\n${pool}`;
const GREEN = datasource("Green", "jdbc:mysql://h2/db");

interface Place {
  readonly properties?: readonly string[];
  readonly toml?: string;
  readonly defines?: readonly string[];
  /** What names the place. */
  readonly place: string;
}

const PLACES: Readonly<Record<string, Place>> = {
  "on a line of its own": {
    properties: [...PROPERTIES, SECRET],
    place: "sync.properties:5: Xq...: unknown key",
  },
  "as a key": { properties: [...PROPERTIES, `${SECRET}=x`], place: "sync.properties:5: Xq...: unknown key" },
  "as -D": { defines: [SECRET], place: '-D: found "Xq...", wanted -D key=value' },
  "as -D key=value": { defines: [`${SECRET}=1`], place: "-D Xq...: unknown key" },
  "as sourceVersion": {
    properties: [`sourceVersion=${SECRET}`, ...PROPERTIES.slice(1)],
    place: "sync.properties:1: sourceVersion",
  },
  "as batchSize": { defines: [`batchSize=${SECRET}`], place: "-D batchSize: found" },
  "as conflictPolicy": { defines: [`conflictPolicy=${SECRET}`], place: "-D conflictPolicy: found" },
  "as identitySchema": {
    defines: [`identitySchema=${SECRET},jdbc/Green`],
    place: "-D identitySchema: found",
  },
  "as source.tokenProcessor": {
    defines: [`source.acceptReplica=${SECRET}`],
    place: "-D source.acceptReplica: found",
  },
  ...Object.fromEntries(
    ["ref", "secret", "sys", "env"].map((kind) => [
      `in $${kind}{}`,
      {
        toml: `${datasource("Blue", "jdbc:mysql://h/db", `$${kind}{${SECRET}}`)}${GREEN}`,
        place: `deployment.toml:5: datasource "Blue": password: $${kind}{Xq...}`,
      },
    ]),
  ),
  "as url": {
    toml: `${datasource("Blue", SECRET)}${GREEN}`,
    place: 'deployment.toml:3: datasource "Blue": url: found "Xq..."',
  },
  "as maxActive": {
    toml: `${datasource("Blue", undefined, undefined, `[datasource.pool_options]\nmaxActive = "${SECRET}"\n`)}${GREEN}`,
    place: 'deployment.toml:7: datasource "Blue": pool_options: maxActive: found "Xq..."',
  },
  "as the value of a URL option": {
    toml: `${datasource("Blue", `jdbc:mysql://h/db?sslMode=${SECRET}`)}${GREEN}`,
    place: 'URL option "sslMode": found "Xq..."',
  },
  "as the port of the URL": {
    toml: `${datasource("Blue", `jdbc:mysql://h:${SECRET}/db`)}${GREEN}`,
    place: 'deployment.toml:3: datasource "Blue": url',
  },
  "as type": {
    toml: `[database.identity_db]\ntype = "${SECRET}"\nhostname = "h"\nname = "d"\nusername = "u"\npassword = "p"\n${GREEN}`,
    properties: [...PROPERTIES.slice(0, 3), "identitySchema=jdbc/WSO2IdentityDB,jdbc/Green"],
    place: "deployment.toml:2: database.identity_db: type",
  },
};

test.each(Object.entries(PLACES))("%s", async (_, { properties = PROPERTIES, toml, defines = [], place }) => {
  const folder = await configFolder({
    properties: `${properties.join("\n")}\n`,
    toml: toml ?? `${datasource("Blue")}${GREEN}`,
  });
  try {
    const error = await loadConfig({ configFile: folder.configFile, defines, env: {} }).catch((one) => one);
    expect(error).toBeInstanceOf(SyncError);
    const said = folder.shorten(`${error.message}\n${error.next}`);
    expect(said).toContain(place);
    expect(PARTS.filter((part) => said.toLowerCase().includes(part))).toEqual([]);
  } finally {
    await folder.remove();
  }
});

test("after a raw & in a password of the URL, the rest of which looks like an option", async () => {
  const folder = await configFolder({
    properties: `${PROPERTIES.join("\n")}\n`,
    toml: `${datasource("Blue", `jdbc:mysql://h/db?user=u&password=a&${SECRET}=b`)}${GREEN}`,
  });
  const { warnings } = await loadConfig({ configFile: folder.configFile, defines: [], env: {} });
  await folder.remove();
  expect(warnings.join("\n")).toContain('URL option "Xq..." has no effect');
  expect(PARTS.filter((part) => warnings.join("\n").toLowerCase().includes(part))).toEqual([]);
});

afterEach(() => vi.restoreAllMocks());

test.each([
  [[SECRET], "unknown command 'Xq...'"],
  [["run", SECRET], "too many arguments for 'run'"],
  [["run", `--${SECRET}`], "unknown option '--Xq...'"],
  [["drain", "--wait", "--timeout", SECRET], '--timeout is "Xq..."'],
] as const)("on the command line: %j", async (argv, place) => {
  let said = "";
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    said += String(text);
    return true;
  });
  expect(await main(argv)).toBe(2);
  expect(said).toContain(place);
  expect(PARTS.filter((part) => said.toLowerCase().includes(part))).toEqual([]);
});
