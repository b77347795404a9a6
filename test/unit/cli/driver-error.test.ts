import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { commandFailure, unreachable } from "../../../src/cli/driver-error.ts";
import type { Datasource } from "../../../src/config/sync-config.ts";
import { withOrigin } from "../../../src/contract/origin.ts";
import { mysql } from "../../../src/dialect/mysql/index.ts";
import { postgres } from "../../../src/dialect/postgres/index.ts";

const datasource = {
  id: "Blue",
  at: { file: "deployment.toml", line: 3 },
  settings: { hosts: [{ host: "db", port: 5432 }] },
} as unknown as Datasource;

test("a certificate file that is not there is named, and not taken for a server that is away", () => {
  let found: unknown;
  try {
    readFileSync("/nonexistent/ca.pem");
  } catch (error) {
    found = error;
  }
  const { message, next } = unreachable(postgres, datasource, found);
  expect(message).toBe(
    "Datasource Blue (PostgreSQL): the certificate file /nonexistent/ca.pem cannot be read (ENOENT)",
  );
  expect(next).toBe("Correct the file's name in the url of Blue in deployment.toml:3");
});

test.each(["ERR_TLS_CERT_ALTNAME_INVALID", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "DEPTH_ZERO_SELF_SIGNED_CERT"])(
  "%s is told as a matter of the certificate",
  (code) => {
    const { message, next } = unreachable(postgres, datasource, Object.assign(new Error("x"), { code }));
    expect(message).toBe(
      `Datasource Blue (PostgreSQL at db:5432) cannot be opened: the server's certificate is refused (${code})`,
    );
    expect(next).toMatch(/^Check the certificate's authority, the host name it is for/);
  },
);

test("a certificate that MySQL's driver refuses is told as such, a connection that ends meanwhile is not", () => {
  const failed = (message: string) => Object.assign(new Error(message), { code: "HANDSHAKE_SSL_ERROR" });
  expect(
    unreachable(mysql, datasource, failed("self-signed certificate in certificate chain")).message,
  ).toMatch(/the server's certificate is refused/);
  expect(
    unreachable(
      mysql,
      datasource,
      failed("Client network socket disconnected before secure TLS connection was established"),
    ).message,
  ).toMatch(/the connection was cut off/);
});

test("a user that may log in but not use the database is told to be granted that", () => {
  const denied = Object.assign(new Error("x"), {
    errno: 1044,
    code: "ER_DBACCESS_DENIED_ERROR",
    sqlState: "42000",
  });
  expect(unreachable(mysql, datasource, denied)).toMatchObject({
    code: "DATABASE_UNREACHABLE",
    message: "Datasource Blue (MySQL at db:5432) cannot be opened: the user may not use the database (1044)",
    next: "Grant the user of Blue its rights on the database, or correct user and database in deployment.toml:3",
  });
});

test("a statement that is broken off names its side: both may be of one product", async () => {
  const refused = Object.assign(new Error("x"), { code: "ECONNREFUSED" });
  const fails = (_sql: string): Promise<never> => Promise.reject(refused);
  const { db } = withOrigin("target", { dialect: postgres, db: { query: fails, execute: fails } });
  await db.query("SELECT 1").catch(() => undefined);
  expect(commandFailure([mysql, postgres], refused)).toMatchObject({
    code: "DATABASE_UNREACHABLE",
    message: expect.stringMatching(/^target PostgreSQL broke off a statement: /),
  });
});
