import { expect, test } from "vitest";
import { judgeSize } from "../../../src/doctor/journal-size.ts";

const GIB = 1024 ** 3;

test("journals well below 10 GiB are as they should be, and their growth is told", () => {
  expect(judgeSize(10 * GIB - 1, 0)).toMatchObject({ status: "ok", found: "10240 MiB" });
  expect(judgeSize(1_048_577, 59)).toMatchObject({ status: "ok", found: "2 MiB" });
  expect(judgeSize(850 * 1024 ** 2, 1_800)).toMatchObject({
    status: "ok",
    found: "850 MiB, 1700 MiB an hour so far",
  });
});

test("from there on it is a warning, with the command that makes room", () => {
  expect(judgeSize(10 * GIB, 3_600)).toEqual({
    status: "warn",
    found: "10.0 GiB, 10.0 GiB an hour so far",
    wanted: "below 10 GiB",
    mend: [{ on: "elsewhere", text: "`sync-tool purge --yes` deletes what is applied" }],
  });
});
