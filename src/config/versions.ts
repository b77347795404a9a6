/** Released versions of WSO2 Identity Server that can be a source or a target, in their order. */
export const IS_VERSIONS = [
  "5.0.0",
  "5.1.0",
  "5.2.0",
  "5.3.0",
  "5.4.0",
  "5.4.1",
  "5.5.0",
  "5.6.0",
  "5.7.0",
  "5.8.0",
  "5.9.0",
  "5.10.0",
  "5.11.0",
] as const;

export type IsVersion = (typeof IS_VERSIONS)[number];

export function isIsVersion(text: string): text is IsVersion {
  return (IS_VERSIONS as readonly string[]).includes(text);
}

/** Negative when `a` was released before `b`, 0 when equal, positive after. As text, "5.10.0" would come before "5.9.0". */
export function compareVersions(a: IsVersion, b: IsVersion): number {
  return IS_VERSIONS.indexOf(a) - IS_VERSIONS.indexOf(b);
}

/** True when the migration step of version `step` lies on the way: source < step <= target. */
export function isStepBetween(step: IsVersion, source: IsVersion, target: IsVersion): boolean {
  return compareVersions(source, step) < 0 && compareVersions(step, target) <= 0;
}
