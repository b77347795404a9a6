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
  // "object no longer exists": truncated or moved under a read; when it is gone for good, the next attempt meets 942.
  [8103, "ORA-08103", "transient"],
  // Resource Manager and profiles: "call aborted" leaves the session, "session terminated" and "logged off" do not.
  [40, "ORA-00040", "transient"],
  [41, "ORA-00041", "connection"],
  [56722, "ORA-56722", "transient"],
  [56734, "ORA-56734", "connection"],
  [2390, "ORA-02390", "connection"],
  [2392, "ORA-02392", "connection"],
  [2393, "ORA-02393", "transient"],
  [2394, "ORA-02394", "connection"],
  [2395, "ORA-02395", "transient"],
  [2397, "ORA-02397", "connection"],
  // Read-only and offline files and tablespaces.
  [372, "ORA-00372", "transient"],
  [1647, "ORA-01647", "transient"],
  [1542, "ORA-01542", "transient"],
  [12081, "ORA-12081", "transient"],
  [19502, "ORA-19502", "transient"],
  // Priority transactions of 23ai: the statement that loses, and all after it until ROLLBACK.
  [63300, "ORA-63300", "transient"],
  [63302, "ORA-63302", "transient"],
  [1659, "ORA-01659", "transient"],
  [1502, "ORA-01502", "fatal"],
  [2091, "ORA-02091", "fatal"],
  [6508, "ORA-06508", "schema"],
  [12527, "ORA-12527", "connection"],
  [25401, "ORA-25401", "transient"],
  [25403, "ORA-25403", "connection"],
])("ORA number %i is %s, %s", (number, code, errorClass) => {
  const found = classifyError(failure(number));
  expect(found).toMatchObject({ code, class: errorClass });
  expect(found.reason).not.toContain("secret");
});

test("a statement of too many values names the key that makes it so", () => {
  expect(classifyError(failure(1745)).reason).toContain("batchSize");
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

const stack = (...numbers: number[]) =>
  Object.assign(
    new Error(numbers.map((number) => `ORA-${String(number).padStart(5, "0")}: 'secret'`).join("\n")),
    { errorNum: numbers[0], code: `ORA-${String(numbers[0]).padStart(5, "0")}` },
  );

/** "error occurred at recursive SQL level" and "error signaled in parallel query server" precede what is wrong. */
test.each([
  [[604, 1653], "ORA-01653", "transient", "the tablespace is full"],
  [[604, 54], "ORA-00054", "transient", "a lock was not to be had at once"],
  [[12801, 1555], "ORA-01555", "transient", "what a read needs was overwritten"],
  [[12801, 1722], "ORA-01722", "row", "a value is no number"],
  // What a logon trigger raises is nothing about a row, and its owner may mend it.
  [[604, 20001, 6512], "ORA-00604", "transient", "an internal statement of the server failed"],
  [[604, 942, 6512], "ORA-00604", "transient", "an internal statement of the server failed"],
])("of the errors %j the one that says what is wrong decides", (numbers, code, errorClass, reason) => {
  expect(classifyError(stack(...numbers))).toMatchObject({ code, class: errorClass, reason });
});

test("a lost session says why, where the server did", () => {
  const lost = (message: string, errorNum?: number) =>
    classifyError(Object.assign(new Error(message), { code: "NJS-500", errorNum }));
  expect(lost("NJS-500: closed\nORA-02396: x", 2396)).toMatchObject({
    class: "connection",
    code: "NJS-500",
    reason: "the session was idle for too long",
  });
  expect(lost("NJS-500: closed\nORA-00600: x", 600).reason).toBe("the server cannot be reached");
});

/** node-oracledb, lib/thin/protocol/protocol.js: the error keeps its code when the connection was given up because of it. */
test("an answer that the driver cannot read, and that cost the connection, is a lost connection", () => {
  const unread = (message: string) => classifyError(Object.assign(new Error(message), { code: "NJS-103" }));
  expect(unread("NJS-500: closed\nError recovery failed: x")).toMatchObject({ class: "connection" });
  expect(unread("NJS-103: unexpected message type")).toMatchObject({ class: "fatal" });
});
