import { describe, expect, it } from "vitest";
import { rewriteJavaWords } from "../../../src/config/java-words.ts";

describe("rewriteJavaWords", () => {
  it.each([
    ["-DprepareSync -DconfigFile=a.properties", "prepare --config a.properties"],
    ["-DprepareSync -DgenerateDDL -DconfigFile=a", "prepare --generate-ddl --config a"],
    ["-DconfigFile=a -DgenerateDDL=true -DprepareSync=true", "prepare --generate-ddl --config a"],
    ["-DprepareSync -DgenerateDDL=false", "prepare"],
    ["-DsyncData -DconfigFile=a", "run --config a"],
    ["-DsyncData=true -DconfigFile=a --once", "run --config a --once"],
    ["-DsyncData=false status", "status"],
    ["-D syncData -D configFile=a=b", "run --config a=b"],
    ["run -DbatchSize=5 -D syncInterval=1", "run -D batchSize=5 -D syncInterval=1"],
    ["run -c -DsyncData --config x", "run -c -DsyncData --config x"],
    ["status --json -- -DsyncData", "status --json -- -DsyncData"],
    ["run -D", "run -D"],
    ["", ""],
  ])("turns %j into %j", (words, rewritten) => {
    const argv = words === "" ? [] : words.split(" ");
    expect(rewriteJavaWords(argv).join(" ")).toBe(rewritten);
  });

  it.each([
    ["-DsyncData -DprepareSync", "-DsyncData and -DprepareSync ask for two commands at once"],
    ["-DsyncData -DconfigFile=", "-DconfigFile names no file"],
    ["-DsyncData=maybe", "-DsyncData is neither true nor false"],
  ])("refuses %j", (words, message) => {
    expect(() => rewriteJavaWords(words.split(" "))).toThrow(message);
  });
});
