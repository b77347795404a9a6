import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { parseAllDocuments } from "yaml";

const FOLDER = join(import.meta.dirname, "../fixtures/schemas");
const read = (file: string) => JSON.parse(readFileSync(join(FOLDER, file), "utf8"));
const ajv = new Ajv({ strict: false, allErrors: true });

/** What is wrong with a YAML text of one document, by a schema of test/fixtures/schemas. */
export function faultsBySchema(file: string, text: string): readonly string[] {
  return parseAllDocuments(text).flatMap((document) => faults(read(file), document.toJS()));
}

/** What is wrong with Kubernetes manifests, strictly: unknown kinds and fields are faults. */
export function faultsOfManifests(text: string): readonly string[] {
  const { kinds, $defs } = read("kubernetes.json") as { kinds: Record<string, string>; $defs: object };
  return parseAllDocuments(text).flatMap((document) => {
    const manifest = document.toJS() as { apiVersion: string; kind: string } | null;
    if (manifest === null) return [];
    const $ref = kinds[`${manifest.apiVersion} ${manifest.kind}`];
    if ($ref === undefined) return [`no schema for ${manifest.apiVersion} ${manifest.kind}`];
    return faults({ $ref, $defs }, manifest).map((fault) => `${manifest.kind}${fault}`);
  });
}

function faults(schema: object, value: unknown): readonly string[] {
  const check = ajv.compile(schema);
  if (check(value)) return [];
  return (check.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}
