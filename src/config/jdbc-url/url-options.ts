/** The option list of a JDBC URL: each option is taken by who honours it; what is left over becomes warnings. */

import { nearestName } from "../nearest-name.ts";
import { didYouMean, firstLetters, hintFound } from "../problem.ts";

/** Sentences about one URL, without secrets; the caller adds file, line and key. */
export interface UrlReport {
  readonly problems: string[];
  readonly warnings: string[];
}

export interface UrlOptions {
  /** Value of the first of these names that is given. */
  text(...names: string[]): string | undefined;
  /** Like `text`, for `true` and `false` (also `yes`, `no`, `1`, `0`); anything else is a problem. */
  flag(...names: string[]): boolean | undefined;
  /** A whole number times `unitMs`; 0, which means no limit in every driver, gives undefined. */
  millis(name: string, unitMs: number): number | undefined;
  /** Looks the value up without regard to case; anything else is a problem that lists the names, or only those `shown`. */
  choice<T>(name: string, choices: Readonly<Record<string, T>>, shown?: readonly string[]): T | undefined;
  /** Takes an option that asks for what sync-tool does anyhow; another value than these is a warning. */
  expect(name: string, ...values: string[]): void;
  /** Warns of those of these options that are given although `why` leaves them without effect. */
  idle(why: string, ...names: string[]): void;
  /** Warns of every option not taken. */
  warnOfRest(): void;
}

/** `pieces` are `name=value`, already split but not decoded. `decode` returns undefined for malformed text. */
export function readUrlOptions(
  pieces: readonly string[],
  report: UrlReport,
  options: { readonly ignoreCase: boolean; readonly decode: (text: string) => string | undefined },
): UrlOptions {
  const fold = (name: string) => (options.ignoreCase ? name.toLowerCase() : name);
  const given = new Map<string, { name: string; value: string; mayBeSecret: boolean }>();
  const asked = new Set<string>();
  let isAfterPassword = false;
  for (const piece of pieces) {
    if (piece.trim() === "") continue;
    const equals = piece.indexOf("=");
    const name = piece.slice(0, Math.max(equals, 0)).trim();
    const value = options.decode(piece.slice(equals + 1));
    // The text is not shown: it can be the rest of a password with a separator in it.
    if (!/^[A-Za-z][\w.]*$/.test(name)) {
      report.problems.push("one of the URL's options is not of the form name=value");
    } else if (value === undefined) {
      report.problems.push(`URL option "${name}" has a % that is not followed by two hexadecimal digits`);
    } else {
      if (given.has(fold(name)))
        report.warnings.push(`URL option "${name}" is given twice; the last one counts`);
      given.set(fold(name), { name, value, mayBeSecret: isAfterPassword });
      isAfterPassword = /password|pwd|secret/i.test(name);
    }
  }

  const text = (...names: string[]): string | undefined => {
    let found: string | undefined;
    for (const name of names) {
      asked.add(name);
      found ??= given.get(fold(name))?.value;
    }
    return found;
  };
  const wanted = (name: string, value: string, what: string, near?: string): undefined => {
    report.problems.push(`URL option "${name}": found ${hintFound(value, near)}, wanted ${what}`);
  };
  const choice = <T>(
    name: string,
    choices: Readonly<Record<string, T>>,
    shown = Object.keys(choices),
  ): T | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    const known = Object.keys(choices).find((one) => one.toLowerCase() === value.trim().toLowerCase());
    if (known !== undefined) return choices[known];
    const near = nearestName(value, shown);
    return wanted(name, value, `${shown.join(", ")}${didYouMean(near)}`, near);
  };

  return {
    text,
    choice,
    flag: (...names) => {
      const name = names.find((one) => given.has(fold(one)));
      const value = text(...names);
      if (name === undefined || value === undefined) return undefined;
      if (/^(true|yes|on|1)$/i.test(value.trim())) return true;
      return /^(false|no|off|0)$/i.test(value.trim()) ? false : wanted(name, value, "true or false");
    },
    millis: (name, unitMs) => {
      const value = text(name);
      if (value === undefined) return undefined;
      const unit = unitMs === 1 ? "milliseconds" : "seconds";
      if (!/^\d{1,9}$/.test(value.trim())) return wanted(name, value, `a whole number of ${unit}`);
      // Node's timers end at 2^31 - 1 ms.
      return Math.min(Number(value) * unitMs, 2_147_483_647) || undefined;
    },
    expect: (name, ...values) => {
      const value = text(name);
      if (value === undefined || values.some((one) => one.toLowerCase() === value.trim().toLowerCase()))
        return;
      report.warnings.push(
        `URL option "${name}" has no effect in sync-tool, which works as with ${values[0] ?? ""}`,
      );
    },
    idle: (why, ...names) => {
      for (const name of names) {
        const found = given.get(fold(name));
        if (found !== undefined)
          report.warnings.push(`URL option "${found.name}" has no effect in sync-tool ${why}`);
      }
    },
    warnOfRest: () => {
      const known = [...asked];
      const foldedKnown = new Set(known.map(fold));
      for (const [folded, { name: written, mayBeSecret }] of given) {
        if (foldedKnown.has(folded)) continue;
        const near = nearestName(written, known);
        // A password with a raw separator in it goes on as the name of an option.
        const name = mayBeSecret && near === undefined ? firstLetters(written) : written;
        report.warnings.push(`URL option "${name}" has no effect in sync-tool${didYouMean(near)}`);
      }
    },
  };
}

/** `%XX` decoded as UTF-8; undefined when malformed. A plus sign stays one. */
export function percentDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
