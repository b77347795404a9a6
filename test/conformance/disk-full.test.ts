import { execFileSync } from "node:child_process";
import {
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeDialects } from "../support/dialects.ts";
import { type FaultLab, openFaultLab } from "../support/fault-lab.ts";

const MEGABYTES = 12;

describeDialects("A target whose disk is full", (dialect) => {
  const { startPrivate, name } = dialect;
  const missing =
    startPrivate === undefined
      ? "the server comes by URL and must not be harmed"
      : canMount()
        ? undefined
        : "only root may mount a small file system";
  if (startPrivate === undefined || missing !== undefined) {
    test.skip(`skipped: ${missing}`, () => undefined);
    return;
  }
  const isPostgres = name === "postgres";
  let lab: FaultLab;
  let folder: string;

  beforeAll(async () => {
    lab = await openFaultLab(dialect, startPrivate);
    const { dataDir } = lab.targetServer;
    folder = isPostgres ? join(dataDir, "small") : join(dataDir, "data", lab.pair.target.test.name);
    // Files that are open would stay where they are.
    await lab.targetServer.kill();
    await mountOver(folder, dataDir, isPostgres);
    await lab.targetServer.restart();
    if (isPostgres) {
      const admin = await lab.admin();
      await admin.exec([
        `CREATE TABLESPACE small LOCATION '${folder}'`,
        "ALTER TABLE f SET TABLESPACE small",
      ]);
      await admin.close();
    }
  });
  afterAll(async () => {
    await lab.targetServer.kill();
    // Lazily: the killed server's last process may still be on its way out.
    execFileSync("umount", ["-l", folder]);
    await lab.close();
  });

  test("is waited for until there is room again", async () => {
    const run = await lab.start();
    const filler = join(folder, "filler");
    try {
      await run.write("before", text(1));
      await run.untilArrived("before");
      fill(filler);
      for (let i = 0; i < 400; i++) await run.write(`row-${i}`, text(i));
      const line = await run.untilRetrying(/^target .*: .*(disk|full)/);
      expect(["53100", "1114", "1021", "1026", "1030", "3", "20"]).toContain(line.fields["code"]);
      await rm(filler);
      await run.untilArrived("row-399");
      await run.untilRecovered();
      expect(await lab.pair.rows("target", "F")).toEqual(await lab.pair.rows("source", "F"));
      await run.stop();
    } finally {
      await rm(filler, { force: true });
      await run.end();
    }
  });
});

function canMount(): boolean {
  if (process.getuid?.() !== 0 || process.platform !== "linux") return false;
  const folder = mkdtempSync(join(tmpdir(), "sync-tool-mount-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], { stdio: "ignore" });
    execFileSync("umount", [folder], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(folder);
  }
}

/** A small file system in place of a folder, with what was in it. */
async function mountOver(folder: string, beside: string, isNew: boolean): Promise<void> {
  if (isNew) mkdirSync(folder);
  const owner = statSync(isNew ? beside : folder);
  const kept = `${folder}-kept`;
  if (!isNew) cpSync(folder, kept, { recursive: true });
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${MEGABYTES}m,mode=700`, "tmpfs", folder]);
  chownSync(folder, owner.uid, owner.gid);
  if (isNew) return;
  for (const file of readdirSync(kept)) {
    cpSync(join(kept, file), join(folder, file));
    chownSync(join(folder, file), owner.uid, owner.gid);
  }
  await rm(kept, { recursive: true });
}

/** Takes all the room that is left. */
function fill(file: string): void {
  try {
    for (let size = 1; size <= MEGABYTES * 64; size++)
      writeFileSync(file, Buffer.alloc(16_384), { flag: "a" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}

/** Texts that do not compress to nothing. */
function text(n: number): string {
  return Array.from({ length: 500 }, (_, i) => ((i * 7919 + n * 104729) % 99991).toString(36))
    .join("-")
    .slice(0, 2_000);
}
