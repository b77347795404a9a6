import { expect, it } from "vitest";
import { tomlLines } from "../../../src/config/toml-lines.ts";

const TEXT = `title = "x" # [not] a = header
[[datasource]]
id = "A"
url = """
[fake]
id = "B"
"""
pool_options.maxActive = 5

[[datasource]]
"id" = 'C:\\'
list = [
  "x = 1",
  "y]",
]
password = "it's # no comment"
[datasource.pool_options] # of the second
maxWait = 1
[ database . "identity_db" ]
port = { a = 1 }
`;

it.each([
  ["title", 1],
  ["datasource", 2],
  ["datasource.0", 2],
  ["datasource.0.id", 3],
  ["datasource.0.url", 4],
  ["datasource.0.pool_options.maxActive", 8],
  ["datasource.1", 10],
  ["datasource.1.id", 11],
  ["datasource.1.list", 12],
  ["datasource.1.password", 16],
  ["datasource.1.pool_options", 17],
  ["datasource.1.pool_options.maxWait", 18],
  ["datasource.1.missing", 10],
  ["database.identity_db.port", 20],
  ["database.identity_db.port.a", 20],
  ["nowhere", undefined],
])("%s is on line %s", (path, line) => {
  expect(tomlLines(TEXT)(path)).toBe(line);
});
