/** What is said of values that are odd or wrong, and of names that are nearly right: pieces of the configuration, each on its own. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { editDistance, nearestName } from "../../../src/config/nearest-name.ts";
import { type PoolReader, readPoolOptions } from "../../../src/config/pool-options.ts";
import { type KeySpec, numberedSpecs, wantedOf } from "../../../src/config/schema.ts";
import { decodeEntities } from "../../../src/config/xml-entities.ts";

describe("a name that is nearly right", () => {
  it.each([
    ["ca", "abc", 3],
    ["ab", "ba", 1],
    ["xab", "xba", 1],
    ["abcd", "badc", 2],
    ["a", "b", 1],
    ["", "abcd", 4],
  ])("%j is %j with so many changes, a swap of neighbours being one", (a, b, distance) => {
    expect([editDistance(a, b), editDistance(b, a)]).toEqual([distance, distance]);
  });

  it("is as far from a word as the word from it, and no farther than both are long", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 6 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });

  it.each([
    // A third of the name, one at least and three at most.
    ["ab", ["ac", "cd"], "ac"],
    ["abc", ["xbz"], undefined],
    ["abcdef", ["abcdxy"], "abcdxy"],
    ["abcdef", ["abcxyz"], undefined],
    ["abcdefghijkl", ["abcdefghixyz"], "abcdefghixyz"],
    ["abcdefghijklmno", ["abcdefghijk"], undefined],
    // The first of equals, and the nearer one wherever it stands.
    ["abcdef", ["abcdxy", "abcdyx"], "abcdxy"],
    ["abcdef", ["abcdxy", "abcdeX"], "abcdeX"],
    // The beginning of a longer one, of four letters at least.
    ["host", ["HOSTNAME_OF", "hose"], "hose"],
    ["hosts", ["HostsOfAll"], "HostsOfAll"],
    ["hos", ["hostname"], undefined],
    ["name", ["hostnames"], undefined],
  ])("%j of %j is %j", (name, candidates, nearest) => {
    expect(nearestName(name, candidates)).toBe(nearest);
  });
});

describe("keys that are numbered", () => {
  const spec = (name: string): KeySpec => ({ name, type: "text", doc: "" });
  const names = (specs: readonly KeySpec[]) => specs.map(({ name }) => name);

  it("stand for each number that is used, by size, and for the first one", () => {
    const keys = ["key.10.file", "key.2.file", "key.2.file", "key.2.other", "other.3.file", "key.4"];
    expect(names(numberedSpecs([spec("a"), spec("key.N.file"), spec("b.Name")], keys))).toEqual([
      "a",
      "key.1.file",
      "key.2.file",
      "key.10.file",
      "b.Name",
    ]);
    expect(names(numberedSpecs([spec("key.N")], ["key.3", "key.2.file"]))).toEqual(["key.1", "key.3"]);
  });

  it("have numbers from 1 to 999, written as such", () => {
    const keys = ["0", "01", "999", "1000", "x", "-1", "1x", "x1", ""].map((number) => `key.${number}.file`);
    expect(names(numberedSpecs([spec("key.N.file")], keys))).toEqual(["key.1.file", "key.999.file"]);
  });

  it("keep all else that is said of them", () => {
    const secret: KeySpec = { ...spec("key.N"), isSecret: true };
    expect(numberedSpecs([secret], [])).toEqual([{ ...secret, name: "key.1" }]);
  });
});

describe("what a key wants", () => {
  it.each<[Partial<KeySpec>, string]>([
    [{ type: "integer" }, "a whole number from 0 to any"],
    [{ type: "integer", min: -1, max: 5 }, "a whole number from -1 to 5"],
    [{ type: "tables" }, "table names separated by commas"],
    [{ type: "datasources" }, "two JNDI names, source,target"],
    [{ type: "choice", choices: ["a", "b"] }, "one of a, b"],
    [{ type: "query" }, "one SELECT statement"],
    [{ type: "text" }, "a text"],
  ])("of %j is told as %j", (about, text) => {
    expect(wantedOf({ name: "k", doc: "", ...about } as KeySpec)).toBe(text);
  });

  it("of a release is told with all of them", () => {
    expect(wantedOf({ name: "k", type: "version", doc: "" })).toMatch(/^one of .*5\.4\.1.*, .*5\.11\.0/);
  });
});

describe("the options of a pool", () => {
  function read(
    given: Readonly<Record<string, number | string>>,
    fewest = { count: 3, purpose: "the work" },
  ) {
    const told: string[] = [];
    const reader: PoolReader = {
      names: Object.keys(given),
      integer: (name, min, max) => {
        const value = given[name];
        if (typeof value === "number" && (value < min || value > max))
          told.push(`${name} out of ${min}..${max}`);
        return typeof value === "number" ? value : undefined;
      },
      text: (name) => (typeof given[name] === "string" ? String(given[name]) : undefined),
      problem: (name, text) => void told.push(`${name}: ${text}`),
      warn: (name, text) => void told.push(`${name} ${text}`),
    };
    return { pool: readPoolOptions(reader, fewest as never), told };
  }

  it("that are not given are as many connections as the work needs, and a minute", () => {
    const { pool, told } = read({});
    expect([pool.acquireTimeoutMs, told]).toEqual([60_000, []]);
    expect(read({}, { count: 500, purpose: "" }).pool.max).toBe(500);
    expect(pool.max).toBeGreaterThanOrEqual(3);
    expect(Object.keys(pool)).toEqual(["max", "acquireTimeoutMs"]);
  });

  it.each([
    [-1, 600_000],
    [0, 600_000],
    [1, 1],
    [2_147_483_647, 2_147_483_647],
  ])(
    "maxWait=%i waits %i ms: who waits without end is told after ten minutes all the same",
    (maxWait, ms) => {
      expect(read({ maxWait })).toMatchObject({ pool: { acquireTimeoutMs: ms }, told: [] });
    },
  );

  it("are refused with fewer connections than the work needs, and not with as many", () => {
    expect(read({ maxActive: 2 }).told).toEqual([
      "maxActive: found 2, wanted at least 3 connections: the work",
    ]);
    expect(read({ maxActive: 3 })).toMatchObject({ pool: { max: 3 }, told: [] });
    expect(read({ maxActive: 0 }).told[0]).toBe("maxActive out of 1..10000");
    expect(read({ maxActive: 10_001 }).told).toEqual(["maxActive out of 1..10000"]);
    expect(read({ maxWait: -2 }).told).toEqual(["maxWait out of -1..2147483647"]);
  });

  it("of Tomcat's pool whose purpose our own serves are taken in silence, others are told as without effect", () => {
    const served = [
      "testOnBorrow",
      "testWhileIdle",
      "testOnReturn",
      "testOnConnect",
      "validationInterval",
      "validationQueryTimeout",
      "initialSize",
      "minIdle",
      "maxIdle",
      "maxAge",
      "timeBetweenEvictionRunsMillis",
      "minEvictableIdleTimeMillis",
      "jmxEnabled",
      "fairQueue",
      "removeAbandoned",
      "removeAbandonedTimeout",
      "logAbandoned",
      "defaultAutoCommit",
      "commitOnReturn",
      "rollbackOnReturn",
    ];
    expect(read(Object.fromEntries(served.map((name) => [name, "x"]))).told).toEqual([]);
    expect(read({ validationQuery: "SELECT 1" })).toMatchObject({
      pool: { validationQuery: "SELECT 1" },
      told: [],
    });
    expect(read({ maxActiv: "5", minIdel: "5", somethingElse: "5" }).told).toEqual([
      'maxActiv has no effect in sync-tool; did you mean "maxActive"?',
      'minIdel has no effect in sync-tool; did you mean "minIdle"?',
      "somethingElse has no effect in sync-tool",
    ]);
  });
});

describe("entities of XML in a text", () => {
  it.each([
    ["a&amp;b", "a&b"],
    ["&lt;&gt;&quot;&apos;", "<>\"'"],
    ["&AMP;", "&"],
    ["&#65;&#x41;&#X4a;", "AAJ"],
    ["&#0;&#x0;", "&#0;&#x0;"],
    ["&#1114111;&#x10FFFF;", "\u{10ffff}\u{10ffff}"],
    ["&#1114112;&#x110000;", "&#1114112;&#x110000;"],
    ["&#12345678;&nbsp;&amp", "&#12345678;&nbsp;&amp"],
    ["&amp;amp;", "&amp;"],
  ])("%j are read as %j, once, and what is none stays", (text, read) => {
    expect(decodeEntities(text)).toBe(read);
  });
});
