import { expect, test } from "vitest";
import { connectionChecks } from "../../../src/doctor/connection-checks.ts";
import type { DoctorContext, DoctorSide } from "../../../src/doctor/doctor-context.ts";

const check = connectionChecks.find(({ id }) => id === "pair.clocks");

/** A server whose clock is so many seconds ahead of this machine's; undefined: it does not tell its time. */
function side(ahead: number | undefined): DoctorSide {
  const doctor = { clock: "SELECT now", facts: () => [] };
  return {
    dialect: async () => (ahead === undefined ? {} : { doctor }),
    db: async () => ({ query: async () => [{ now_ms: String(Date.now() + (ahead ?? 0) * 1_000) }] }),
  } as unknown as DoctorSide;
}

const compare = (source: number | undefined, target: number | undefined) =>
  check?.run({ source: side(source), target: side(target) } as DoctorContext);

test("clocks a few seconds apart are well", async () => {
  expect(await compare(0, 0)).toMatchObject({ status: "ok" });
  expect(await compare(-2, 2)).toMatchObject({ status: "ok" });
});

test("clocks further apart are a warning, from each other or from this machine", async () => {
  expect(await compare(4, -4)).toMatchObject({
    status: "warn",
    found: expect.stringMatching(/^source \+[34]\.\d s, target -[34]\.\d s from this machine$/),
    mend: [{ on: "elsewhere", text: expect.stringContaining("NTP") }],
  });
  expect(await compare(60, 60)).toMatchObject({ status: "warn" });
});

test("clocks that a server does not tell are unknown", async () => {
  expect(await compare(0, undefined)).toMatchObject({ status: "unknown" });
});
