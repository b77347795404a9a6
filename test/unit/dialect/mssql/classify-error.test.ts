import { expect, test } from "vitest";
import { classifyError } from "../../../../src/dialect/mssql/classify-error.ts";

const failure = (number: number) =>
  Object.assign(new Error("Violation of 'secret'"), { number, code: "EREQUEST" });

test.each([
  [2627, "unique"],
  [2601, "unique"],
  [547, "parent"],
  [515, "row"],
  [2628, "row"],
  [8152, "row"],
  [50001, "row"],
  [1205, "transient"],
  [9002, "transient"],
  [3906, "transient"],
  [208, "schema"],
  [229, "auth"],
  [18456, "login"],
  [4060, "login"],
  [40613, "connection"],
  [3903, "fatal"],
  [233, "row"],
  [248, "row"],
  [511, "row"],
  [1946, "row"],
  [976, "connection"],
  [988, "connection"],
  [3948, "transient"],
  [50000, "row"],
  [50002, "fatal"],
  [62000, "row"],
  [3609, "fatal"],
  [29999, "fatal"],
])("number %i is %s, and the server's text stays out", (number, errorClass) => {
  const found = classifyError(failure(number));
  expect(found).toMatchObject({ class: errorClass, code: String(number) });
  expect(found.reason).not.toContain("secret");
});

test("a lock that is not to be had is told from other passing failures", () => {
  expect(classifyError(failure(1222))).toMatchObject({ class: "transient", lockTimeout: true });
  expect(classifyError(failure(1205))).toMatchObject({ class: "transient", lockTimeout: false });
});

test("of several errors the first decides", () => {
  expect(classifyError(new AggregateError([failure(2627), failure(3621)]))).toMatchObject({ code: "2627" });
});

test("codes of the driver and of sockets have classes too", () => {
  const withCode = (code: string, more = {}) =>
    classifyError(Object.assign(new Error("x"), { code, ...more }));
  expect(withCode("ELOGIN")).toMatchObject({ class: "login" });
  expect(withCode("ELOGIN", { isTransient: true })).toMatchObject({ class: "connection" });
  expect(withCode("ESOCKET")).toMatchObject({ class: "connection" });
  expect(withCode("EINVALIDSTATE")).toMatchObject({ class: "connection" });
  expect(withCode("ECANCEL")).toMatchObject({ class: "transient" });
  expect(classifyError(new Error("anything"))).toMatchObject({ class: "fatal" });
});
