/** True when a step of version `step` lies between the two: source < step <= target. */
export function isCrossed(step: string, sourceVersion: string, targetVersion: string): boolean {
  return compareVersions(sourceVersion, step) < 0 && compareVersions(step, targetVersion) <= 0;
}

/** Negative, zero or positive as `left` is older than, the same as or newer than `right`; 5.9.0 is older than 5.10.0. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [numbersOf(left), numbersOf(right)];
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

function numbersOf(version: string): readonly [number, number, number] {
  const match = /^(\d+)\.(\d+)\.(\d+)$/.exec(version);
  if (match === null) throw new Error(`Not a version of three numbers: ${version}`);
  return [Number(match[1]), Number(match[2]), Number(match[3])];
}
