/** One YAML file of several documents. */
export function joinManifests(head: readonly string[], manifests: readonly (readonly string[])[]): string {
  return `${[...head, ...manifests.flatMap((lines) => ["---", ...lines])].join("\n")}\n`;
}
