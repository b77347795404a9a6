/** Fields that the line itself shows. */
const SHOWN = new Set(["level", "time", "msg"]);

/** A JSON log line as a person reads it: `05:06:07 info batch applied table=T changes=12`. */
export function formatLine(json: string): string {
  const fields = JSON.parse(json) as Record<string, unknown>;
  const time = String(fields["time"] ?? "").slice(11, 19);
  const rest = Object.entries(fields)
    .filter(([key]) => !SHOWN.has(key))
    .map(([key, value]) => `${key}=${shown(value)}`);
  return [time, String(fields["level"]).padEnd(5), String(fields["msg"] ?? ""), ...rest].join(" ").trimEnd();
}

function shown(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /^[^\s"]+$/.test(text) ? text : JSON.stringify(value);
}
