import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const MODULE = join(import.meta.dirname, "../../../src/util/heap-growth.ts");

/**
 * Holds 40 MB, makes garbage that grows old before it is dropped, as rows on their way do, and gives the most that the heap had,
 * as a multiple of what is held.
 */
const WORK = `
const { getHeapStatistics } = await import("node:v8");
const piece = () => Array.from({ length: 1000 }, (_, i) => ({ i, text: "t" + Math.random() }));
const held = []; 
while (getHeapStatistics().used_heap_size < 40e6) held.push(piece());
const alive = getHeapStatistics().used_heap_size;
const passing = [];
let most = 0;
for (let i = 0; i < 700; i++) {
  passing.push(piece());
  if (passing.length > 60) passing.shift();
  most = Math.max(most, getHeapStatistics().total_heap_size);
}
console.log(most / (alive + 6e6), held.length);`;

const growth = (first: string): number =>
  Number(
    execFileSync(
      process.execPath,
      ["--import", "tsx", "--max-semi-space-size=1", "--input-type=module", "-e", first + WORK],
      {
        encoding: "utf8",
      },
    ).split(" ")[0],
  );

test("the heap stays near the size of what is held, where V8 would let it grow to a multiple", () => {
  const limited = growth(`import { limitHeapGrowth } from ${JSON.stringify(MODULE)}; limitHeapGrowth();`);
  const byItself = growth("");
  expect(limited).toBeLessThan(byItself);
  expect(limited).toBeLessThan(1.9);
});

/** Rows that come and go turn by turn; gives the most megabytes that the space for new ones had. */
const TURNS = `
const { getHeapSpaceStatistics } = await import("node:v8");
const young = () => getHeapSpaceStatistics().find((space) => space.space_name === "new_space").space_size / 2 ** 20;
const passing = [];
let most = 0;
for (let turn = 0; turn < 150; turn++) {
  for (let i = 0; i < 20_000; i++) {
    const row = { turn, text: "t" + i, list: [i, turn] };
    if (i % 3 === 0) passing.push(row);
  }
  if (passing.length > 300_000) passing.splice(0, 200_000);
  await new Promise((done) => setImmediate(done));
  most = Math.max(most, young());
}
console.log(most);`;

test("what was allocated last keeps to 8 MB, where V8 would give it 32", () => {
  const most = (first: string): number =>
    Number(
      execFileSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", first + TURNS], {
        encoding: "utf8",
      }),
    );
  expect(
    most(`import { limitHeapGrowth } from ${JSON.stringify(MODULE)}; limitHeapGrowth();`),
  ).toBeLessThanOrEqual(8);
  expect(most("")).toBeGreaterThan(8);
});
