/** sync.properties and the -D overrides, each key read by its specification; which file wins is decided here alone. */
import { nearestName } from "./nearest-name.ts";
import { hasPlaceholder, type Resolve } from "./placeholders.ts";
import { didYouMean, type Findings, firstLetters, hintFound, type Problem, quoteFound } from "./problem.ts";
import type { PropertyEntry } from "./properties.ts";
import { type KeySpec, OTHER_KEYS, OWN_KEYS, wantedOf } from "./schema.ts";
import type { Place } from "./sync-config.ts";

/** A key's value with its place. */
export interface Setting extends Place {
  readonly spec: KeySpec;
  /** Placeholders resolved; blanks around it removed, unless it is a secret. */
  readonly value: string;
  /** As messages show it: as written, or *** for a secret. */
  readonly shown: string;
}

export interface Settings {
  /** The value, or the default; undefined when absent. A mandatory key that is missing is noted as a problem. */
  get(name: string): Setting | undefined;
  problem(setting: Setting, text: string): void;
  warn(setting: Setting, text: string): void;
  /** `found "...", wanted ...` by the key's specification; `near` is what was probably meant. */
  refuse(setting: Setting, near?: string): undefined;
}

export interface Define {
  readonly key: string;
  readonly value: string;
}

const KEYS = [...OWN_KEYS, ...OTHER_KEYS].map(({ name }) => name);

/** Reads `key=value`; what is not of that form is a problem. */
export function parseDefines(defines: readonly string[], findings: Findings): Define[] {
  return defines.flatMap((text) => {
    const equals = text.indexOf("=");
    if (equals > 0) return [{ key: text.slice(0, equals).trim(), value: text.slice(equals + 1) }];
    findings.problems.push({
      file: "-D",
      text: `found ${hintFound(text, nearestName(text, KEYS))}, wanted -D key=value`,
    });
    return [];
  });
}

export interface SettingsInput {
  readonly file: string;
  readonly entries: readonly PropertyEntry[];
  readonly defines: readonly Define[];
  readonly specs: readonly KeySpec[];
  readonly resolve: Resolve;
  /** True for a -D key that some `$sys{key}` asks for; it needs no specification. */
  readonly isSystemProperty: (key: string) => boolean;
}

export function readSettings(input: SettingsInput, findings: Findings): Settings {
  const { file, entries, defines, specs, resolve } = input;
  const names = specs.map((spec) => spec.name);
  const given = new Map<string, Setting>();
  const refused = new Set<string>();
  for (const { key, value, line } of entries) {
    const earlier = given.get(key);
    take(key, value, { file, line });
    if (earlier?.line !== undefined && names.includes(key)) {
      const text = `is also on line ${earlier.line}; the last one counts`;
      findings.warnings.push({ file, line, key, text });
    }
  }
  for (const { key, value } of defines) {
    if (names.includes(key) || !input.isSystemProperty(key)) take(key, value, { file: `-D ${key}` });
  }
  const report = (setting: Setting, text: string): Problem => ({ ...placeOf(setting), text });

  return {
    get: (name) => {
      const spec = specs.find((one) => one.name === name);
      const setting = given.get(name);
      if (spec === undefined || setting !== undefined || refused.has(name)) return setting;
      if (spec.default !== undefined) return { spec, value: spec.default, shown: spec.default, file };
      if (spec.isMandatory)
        findings.problems.push({ file, key: name, text: `missing, wanted ${wantedOf(spec)}` });
      return undefined;
    },
    problem: (setting, text) => {
      findings.problems.push(report(setting, text));
    },
    warn: (setting, text) => {
      findings.warnings.push(report(setting, text));
    },
    refuse: (setting, near) => {
      const text = `found ${setting.shown}, wanted ${wantedOf(setting.spec)}${didYouMean(near)}`;
      findings.problems.push(report(setting, text));
    },
  };

  function take(key: string, written: string, place: Place): void {
    const spec = specs.find((one) => one.name === key);
    if (spec === undefined) {
      const near = nearestName(key, names);
      if (near !== undefined) refused.add(near);
      const text = key === "" ? "a value without a key" : `unknown key${didYouMean(near)}`;
      const shown = near === undefined ? firstLetters(key) : key;
      const where = place.file.startsWith("-D ") ? { ...place, file: `-D ${shown}` } : place;
      findings.problems.push({ ...withKey(where, shown), text });
      return;
    }
    const { text, problems } = resolve(written);
    for (const reason of problems) findings.problems.push({ ...withKey(place, key), text: reason });
    const value = spec.isSecret ? text : text.trim();
    const near = spec.choices === undefined ? undefined : nearestName(value, spec.choices);
    const shown = hasPlaceholder(written) ? quoteFound(written.trim()) : hintFound(value, near);
    if (problems.length > 0) refused.add(key);
    else given.set(key, { ...place, spec, value, shown: spec.isSecret ? "***" : shown });
  }
}

function placeOf(setting: Setting): Place & { key?: string } {
  const place =
    setting.line === undefined ? { file: setting.file } : { file: setting.file, line: setting.line };
  return withKey(place, setting.spec.name);
}

/** An override's place, `-D key`, names the key already. */
function withKey(place: Place, key: string): Place & { key?: string } {
  return place.file.startsWith("-D ") || key === "" ? place : { ...place, key };
}
