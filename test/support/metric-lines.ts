/** Reads Prometheus' text format, version 0.0.4, strictly. */

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Metrics {
  /** Names of all metrics that are described, samples or not. */
  readonly names: readonly string[];
  readonly samples: readonly Sample[];
  /** The value of the only sample of this name that has these labels; throws where there is none, or more than one. */
  one(name: string, labels?: Readonly<Record<string, string>>): number;
  sum(name: string, labels?: Readonly<Record<string, string>>): number;
}

const HELP = /^# HELP ([a-zA-Z_:][\w:]*) .+$/;
const TYPE = /^# TYPE ([a-zA-Z_:][\w:]*) (gauge|counter)$/;
const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)+)\})? (\S+)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** Throws at the first line that is not of the format, is not described before, or comes twice. */
export function metricsIn(text: string): Metrics {
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const names: string[] = [];
  const samples: Sample[] = [];
  const seen = new Set<string>();
  for (const line of text.trimEnd().split("\n")) {
    if (HELP.test(line)) continue;
    const type = TYPE.exec(line)?.[1];
    if (type !== undefined) {
      if (names.includes(type)) throw new Error(`${type} is described twice`);
      names.push(type);
      continue;
    }
    const [, name = "", labels = "", value = ""] = SAMPLE.exec(line) ?? [];
    if (name === "" || Number.isNaN(Number(value))) throw new Error(`no line of the format: ${line}`);
    if (name !== names.at(-1)) throw new Error(`${name} does not follow its description`);
    const id = `${name}{${labels}}`;
    if (seen.has(id)) throw new Error(`${id} comes twice`);
    seen.add(id);
    samples.push({ name, labels: labelsIn(labels), value: Number(value) });
  }
  const found = (name: string, labels: Readonly<Record<string, string>>): readonly Sample[] =>
    samples.filter(
      (one) =>
        one.name === name && Object.entries(labels).every(([label, text]) => one.labels[label] === text),
    );
  return {
    names,
    samples,
    one(name, labels = {}) {
      const [first, ...others] = found(name, labels);
      if (first === undefined || others.length > 0)
        throw new Error(`${name}${JSON.stringify(labels)} is there ${others.length + (first ? 1 : 0)} times`);
      return first.value;
    },
    sum: (name, labels = {}) => found(name, labels).reduce((total, { value }) => total + value, 0),
  };
}

const labelsIn = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...text.matchAll(LABEL)].map(([, label = "", value = ""]) => [
      label,
      value.replace(/\\(.)/g, (_, sign: string) => (sign === "n" ? "\n" : sign)),
    ]),
  );
