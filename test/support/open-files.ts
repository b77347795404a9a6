import { readdir, readlink } from "node:fs/promises";

/** Where this process reaches the files of a folder that it has open, those without a name too; on Linux alone. */
export async function openFilesOf(folder: string): Promise<readonly string[]> {
  const open = await Promise.all(
    (await readdir("/proc/self/fd")).map(async (fd) => ({
      fd: `/proc/self/fd/${fd}`,
      path: await readlink(`/proc/self/fd/${fd}`).catch(() => ""),
    })),
  );
  return open.filter(({ path }) => path.startsWith(folder)).map(({ fd }) => fd);
}
