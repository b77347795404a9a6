import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { parseSync, Visitor } from "rolldown/utils";

/** A folder (or a file that stands in none) of src/ and the number of its floor, from the top. */
export type Floors = ReadonlyMap<string, number>;

/** The floors as src/README.md draws them: the block marked `floors`, one line each, the top first. */
export function readFloors(page: string): Floors {
  const picture = /^```floors\n(.*?)^```$/ms.exec(page)?.[1];
  if (picture === undefined) throw new Error("src/README.md has no block ```floors");
  const names = picture
    .trimEnd()
    .split("\n")
    .flatMap((line, floor) => line.split(/\s+/).map((name) => [name, floor] as const));
  return new Map(names);
}

/** What a file imports from files beside it, in whatever way: values, types, re-exports, `import()` of both kinds. */
export function importsOf(file: string, text: string): readonly string[] {
  const { program, errors } = parseSync(file, text);
  if (errors[0] !== undefined) throw new Error(`${file}: ${errors[0].message}`);
  const found: string[] = [];
  const note = ({ source }: { source: unknown }): void => {
    if (typeof source !== "object" || source === null || !("value" in source)) return;
    if (typeof source.value === "string" && source.value.startsWith(".")) found.push(source.value);
  };
  new Visitor({
    ImportDeclaration: note,
    ExportNamedDeclaration: note,
    ExportAllDeclaration: note,
    ImportExpression: note,
    TSImportType: note,
  }).visit(program);
  return found;
}

/**
 * Every import below `src` that does not point to a lower floor or into its own folder, and every folder that has no floor
 * or is not there; each a sentence. Empty when all is well.
 */
export function floorProblems(src: string): readonly string[] {
  const floors = readFloors(readFileSync(join(src, "README.md"), "utf8"));
  const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  const folderOf = (file: string): string => file.split(sep)[0] ?? file;
  const there = new Set(files.map(folderOf));
  const problems = [
    ...[...there]
      .filter((name) => !floors.has(name))
      .map((name) => `src/${name} has no floor in src/README.md`),
    ...[...floors.keys()]
      .filter((name) => !there.has(name))
      .map((name) => `src/README.md names ${name}, which is not there`),
  ];
  for (const file of files) {
    const own = folderOf(file);
    for (const path of importsOf(file, readFileSync(join(src, file), "utf8"))) {
      const imported = relative(src, join(src, dirname(file), path));
      const other = folderOf(imported);
      if (other === own || other === "..") continue;
      const [from, to] = [floors.get(own), floors.get(other)];
      if (from === undefined || to === undefined || to > from) continue;
      problems.push(
        `src/${file} imports src/${imported}: ${own} stands ${to === from ? "on one floor with" : "below"} ${other} (src/README.md)`,
      );
    }
  }
  return problems;
}
