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
  [4060, "connection"],
  [40613, "connection"],
  [926, "connection"],
  [941, "connection"],
  [615, "connection"],
  [1219, "connection"],
  [9001, "connection"],
  [652, "transient"],
  [3949, "transient"],
  [3967, "transient"],
  [10936, "transient"],
  [49918, "transient"],
  [824, "fatal"],
  [3998, "fatal"],
  [17809, "transient"],
  [17892, "login"],
  [40914, "login"],
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

/** "Database Engine error severities": 13 deadlocks, 14 security, 17 resources and limits, 20 and 21 end the connection. */
test.each([
  [13, "transient"],
  [14, "auth"],
  [16, "fatal"],
  [17, "transient"],
  [20, "connection"],
  [21, "connection"],
  [22, "fatal"],
])("a number that is not listed is judged by its severity: %i is %s", (severity, errorClass) => {
  expect(classifyError(Object.assign(failure(29999), { class: severity }))).toMatchObject({
    class: errorClass,
  });
  expect(classifyError(Object.assign(failure(547), { class: severity }))).toMatchObject({ class: "parent" });
  expect(classifyError(Object.assign(failure(50000), { class: severity }))).toMatchObject({ class: "row" });
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
  const refusals = [922, 4060, 18456].map((number) => ({ number, severity: 14 }));
  expect(withCode("ELOGIN", { refusals })).toMatchObject({ class: "connection", code: "922" });
  expect(withCode("ESOCKET")).toMatchObject({ class: "connection" });
  expect(withCode("EINVALIDSTATE")).toMatchObject({ class: "connection" });
  expect(withCode("ECANCEL")).toMatchObject({ class: "transient" });
  expect(classifyError(new Error("anything"))).toMatchObject({ class: "fatal" });
});
