/** HTML from a template: whatever is put in is escaped, unless it is HTML made here. */

export interface Html {
  readonly html: string;
}

type Part = Html | string | number | readonly Part[];

export function html(parts: TemplateStringsArray, ...values: readonly Part[]): Html {
  const text = parts.map((part, i) => (i === 0 ? "" : render(values[i - 1] ?? "")) + part).join("");
  return { html: text };
}

function render(part: Part): string {
  if (typeof part === "string") return escapeHtml(part);
  if (typeof part === "number") return String(part);
  return "html" in part ? part.html : part.map(render).join("");
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? sign);
