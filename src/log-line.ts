import { wrap } from "./util/shorten.ts";

/** Fields that the line itself shows. */
const SHOWN = new Set(["level", "time", "msg"]);

/** Fields that are left out where the sentence has them already. */
const IN_SENTENCE = new Set(["table", "parent", "changes"]);
/** Where the sentence begins: `05:06:07 info  `. */
const INDENT = 15;

/**
 * A JSON log line as a person reads it: `05:06:07 info batch applied table=T changes=12`; with a width, in lines of at most so
 * many columns where blanks allow it.
 */
export function formatLine(json: string, width = Number.POSITIVE_INFINITY): string {
  const fields = JSON.parse(json) as Record<string, unknown>;
  const time = String(fields["time"] ?? "").slice(11, 19);
  const message = String(fields["msg"] ?? "");
  const words = new Set(message.split(/[ :,;]+/));
  const rest = Object.entries(fields)
    .filter(([key, value]) => !SHOWN.has(key) && !(IN_SENTENCE.has(key) && words.has(String(value))))
    .map(([key, value]) => `${key}=${shown(value)}`);
  const line = [time, String(fields["level"]).padEnd(5), message, ...rest].join(" ").trimEnd();
  return wrap(line, width, " ".repeat(INDENT)).join("\n");
}

function shown(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /^[^\s"]+$/.test(text) ? text : JSON.stringify(value);
}
