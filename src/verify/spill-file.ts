import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { type FileHandle, mkdtemp, open, rmdir, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SyncError } from "../errors.ts";

/** Texts that wait outside the memory, to be read once in their order. */
export interface SpillFile {
  append(text: string): Promise<void>;
  read(): AsyncGenerator<string>;
  close(): Promise<void>;
}

const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 4;

/**
 * A file in the temporary folder that nobody else may read, without a name from its first moment on wherever the system
 * allows that, and encrypted with a key that only this process has: in tables of 5.0.0 the keys of rows are tokens.
 */
export async function openSpillFile(): Promise<SpillFile> {
  const key = randomBytes(32);
  const { file, remove } = await told(openUnnamed);
  let length = 0;
  return {
    async append(text) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, key, nonce);
      const data = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      const head = Buffer.alloc(HEAD_BYTES);
      head.writeUInt32LE(data.length);
      const record = Buffer.concat([head, nonce, cipher.getAuthTag(), data]);
      await told(() => file.write(record, 0, record.length, length));
      length += record.length;
    },
    async *read() {
      const bytes = async (from: number, count: number): Promise<Buffer> => {
        const { bytesRead, buffer } = await told(() => file.read(Buffer.alloc(count), 0, count, from));
        if (bytesRead !== count) throw new Error("a temporary file is shorter than it was written");
        return buffer;
      };
      for (let at = 0; at < length; ) {
        const head = await bytes(at, HEAD_BYTES + NONCE_BYTES + TAG_BYTES);
        const nonce = head.subarray(HEAD_BYTES, HEAD_BYTES + NONCE_BYTES);
        const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
        decipher.setAuthTag(head.subarray(HEAD_BYTES + NONCE_BYTES));
        const data = await bytes(at + head.length, head.readUInt32LE());
        yield Buffer.concat([decipher.update(data), decipher.final()]).toString("utf8");
        at += head.length + data.length;
      }
    },
    async close() {
      await file.close();
      await remove();
    },
  };
}

async function openUnnamed(): Promise<{ readonly file: FileHandle; readonly remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "sync-tool-"));
  const path = join(folder, "keys");
  const remove = async (): Promise<void> => {
    await unlink(path).catch(() => undefined);
    await rmdir(folder).catch(() => undefined);
  };
  try {
    const file = await open(path, "wx+", 0o600);
    await remove();
    return { file, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new SyncError("USAGE_INVALID", {
      what: `A file in the temporary folder ${tmpdir()} cannot be written or read (${String((error as { code?: unknown }).code)})`,
      next: "Make room there, or name another folder in the environment variable TMPDIR",
      cause: error,
    });
  }
}
