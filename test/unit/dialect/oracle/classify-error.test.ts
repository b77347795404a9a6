import { expect, test } from "vitest";
import { classifyError } from "../../../../src/dialect/oracle/classify-error.ts";

const failure = (errorNum: number) =>
  Object.assign(new Error("unique constraint for 'secret'"), {
    errorNum,
    code: `ORA-${String(errorNum).padStart(5, "0")}`,
  });

test.each([
  [1, "ORA-00001", "unique"],
  [2291, "ORA-02291", "parent"],
  [1400, "ORA-01400", "row"],
  [12899, "ORA-12899", "row"],
  [60, "ORA-00060", "transient"],
  [1653, "ORA-01653", "transient"],
  [942, "ORA-00942", "schema"],
  [1031, "ORA-01031", "auth"],
  [1017, "ORA-01017", "login"],
  [12514, "ORA-12514", "connection"],
  [12505, "ORA-12505", "connection"],
  [28000, "ORA-28000", "login"],
  [41900, "ORA-41900", "auth"],
  [6550, "ORA-06550", "auth"],
  [1658, "ORA-01658", "transient"],
  [8177, "ORA-08177", "transient"],
  [1591, "ORA-01591", "transient"],
  [16000, "ORA-16000", "transient"],
  [20001, "ORA-20001", "row"],
  [20998, "ORA-20998", "fatal"],
  [3113, "ORA-03113", "connection"],
  [600, "ORA-00600", "fatal"],
  [8102, "ORA-08102", "fatal"],
  [12704, "ORA-12704", "schema"],
])("ORA number %i is %s, %s", (number, code, errorClass) => {
  const found = classifyError(failure(number));
  expect(found).toMatchObject({ code, class: errorClass });
  expect(found.reason).not.toContain("secret");
});

test.each([54, 4021, 30006, 20997])("ORA number %i means that a lock was not to be had in time", (number) => {
  expect(classifyError(failure(number))).toMatchObject({ class: "transient", lockTimeout: true });
});

test("codes of the driver have classes too", () => {
  const withCode = (code: string, errorNum?: number) =>
    classifyError(Object.assign(new Error("x"), { code, errorNum }));
  expect(withCode("NJS-500", 28)).toMatchObject({ class: "connection" });
  expect(withCode("NJS-511")).toMatchObject({ class: "connection" });
  expect(withCode("NJS-123")).toMatchObject({ class: "transient" });
  expect(withCode("NJS-098")).toMatchObject({ class: "fatal" });
  expect(withCode("NJS-530")).toMatchObject({ class: "connection" });
  expect(withCode("NJS-518")).toMatchObject({ class: "connection" });
  expect(withCode("NJS-533")).toMatchObject({ class: "login", reason: expect.stringContaining("TCPS") });
  expect(withCode("NJS-116")).toMatchObject({ class: "login" });
  expect(withCode("ECONNRESET")).toMatchObject({ class: "connection" });
});
