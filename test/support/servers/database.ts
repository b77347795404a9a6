import { randomBytes } from "node:crypto";
import type { ServerAddress, TestConnectionSettings, TestDatabase, TestSession } from "./test-server.ts";

/** Of every user that the tests make. */
export const TEST_PASSWORD = "only-for-tests";

/** A fresh lower-case name that no server objects to. */
export const randomName = (): string => `t_${randomBytes(6).toString("hex")}`;

export interface DatabaseParts {
  readonly name: string;
  readonly address: ServerAddress;
  readonly schema?: string;
  readonly jdbcUrl: string;
  /** Opens a connection. */
  open(settings: TestConnectionSettings): Promise<TestSession>;
  /** Removes the database; every session is closed by then. */
  remove(): Promise<void>;
}

/** Makes a {@link TestDatabase} of the few things that differ from database to database. */
export function testDatabase(parts: DatabaseParts): TestDatabase {
  const { name, address, open } = parts;
  const settings: TestConnectionSettings = {
    type: address.dialect,
    hosts: [{ host: address.host, port: address.port }],
    database: name,
    ...(parts.schema === undefined ? {} : { schema: parts.schema }),
    user: name,
    password: TEST_PASSWORD,
    tls: { mode: "disable" },
    connectTimeoutMs: 5_000,
    pool: { max: 5, acquireTimeoutMs: 10_000 },
  };
  const adminSettings = { ...settings, user: address.adminUser, password: address.adminPassword };
  const sessions = new Set<TestSession>();

  const session: TestDatabase["session"] = async (options = {}) => {
    const opened = await open(options.admin ? adminSettings : settings);
    const tracked = {
      ...opened,
      close: () => (sessions.delete(tracked) ? opened.close() : Promise.resolve()),
    };
    sessions.add(tracked);
    return tracked;
  };
  async function withSession<T>(work: (opened: TestSession) => Promise<T>): Promise<T> {
    const opened = await session();
    try {
      return await work(opened);
    } finally {
      await opened.close();
    }
  }

  return {
    name,
    settings,
    adminSettings,
    jdbcUrl: parts.jdbcUrl,
    session,
    query: (sql) => withSession((opened) => opened.query(sql)),
    exec: (script) => withSession((opened) => opened.exec(script)),
    async drop() {
      await Promise.all([...sessions].map((opened) => opened.close()));
      await parts.remove();
    },
  };
}
