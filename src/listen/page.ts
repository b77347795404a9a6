/** The page at `/`: made here, read only, whole without a script; with one it takes in what comes from /events. */
import { createHash } from "node:crypto";
import type { View } from "../status/watch.ts";
import { utcText } from "../util/utc-text.ts";
import { readVersion } from "../version.ts";
import { type Html, html } from "./html.ts";
import {
  errorsPart,
  heldPart,
  lettersPart,
  pendingLine,
  phaseStrip,
  secondsText,
  stoppedPart,
  tablesPart,
  verifiedPart,
} from "./page-parts.ts";
import { type VerdictWords, verdictOf } from "./verdict.ts";

const STYLE = `:root{color-scheme:light dark;--good:#1a7f37;--busy:#9a6700;--bad:#cf222e;--line:#8886}
@media(prefers-color-scheme:dark){:root{--good:#3fb950;--busy:#d29922;--bad:#f85149}}
body{font:15px/1.45 system-ui,sans-serif;margin:1.2rem auto;max-width:78rem;padding:0 1rem;overflow-wrap:anywhere}
h1{font-size:1.5rem;margin:.2rem 0}h2{font-size:1.05rem;margin:1.2rem 0 .3rem}
.good{color:var(--good)}.busy{color:var(--busy)}.bad{color:var(--bad)}
table{border-collapse:collapse}th,td{padding:.25rem .7rem .25rem 0;text-align:left;border-bottom:1px solid var(--line);white-space:nowrap}
th{font-weight:600}tbody th{font-weight:500}.tables{font-size:.88rem}a{color:inherit}.n{text-align:right;font-variant-numeric:tabular-nums}.wide{overflow-x:auto}
.phases{display:flex;flex-wrap:wrap;gap:.4rem;list-style:none;padding:0}.phases li{border:1px solid var(--line);border-radius:1rem;padding:.1rem .7rem}
.phases [aria-current]{font-weight:700;border-color:currentColor}
@media(max-width:48rem){.tables thead{display:none}.tables,.tables tbody{display:block}.tables tr{display:block;padding:.4rem 0;border-bottom:1px solid var(--line)}.tables th{display:block;font-weight:600}
.tables td{display:flex;justify-content:space-between;gap:1rem;white-space:normal;text-align:right}.tables td::before{content:attr(data-title);opacity:.7}.tables th,.tables td{border:0;padding:.1rem 0}}
pre{overflow-x:auto;font-size:.85rem}footer{opacity:.7;margin-top:1.5rem}`;

/** Without news for ten seconds, say behind a proxy that keeps them back, it loads the page anew. */
const SCRIPT = `const main=document.querySelector("main"),icon=document.querySelector("link[rel=icon]");let last=performance.now();
new EventSource("events").onmessage=({data})=>{const now=JSON.parse(data);last=performance.now();document.title=now.title;icon.href=now.icon;main.innerHTML=now.main};
setInterval(()=>{if(performance.now()-last>10000){last=performance.now();location.reload()}},1000)`;

const sourceHash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** Nothing is loaded from anywhere, no frame may hold the page, and only our own style and script are heeded. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src ${sourceHash(STYLE)}`,
  `script-src ${sourceHash(SCRIPT)}`,
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const COLOURS = { good: "#1a7f37", busy: "#bf8700", bad: "#cf222e" } as const;

const iconOf = ({ tone }: VerdictWords): string =>
  `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="${COLOURS[tone]}"/></svg>`)}`;

/** What changes from look to look. */
export interface PageState {
  readonly title: string;
  readonly icon: string;
  /** HTML. */
  readonly main: string;
}

/** `logLines`: the last ones, oldest first. */
export function pageState(view: View | undefined, logLines: readonly string[]): PageState {
  const verdict = verdictOf(view?.report);
  const log = html`<h2>Log</h2><pre>${logLines.join("\n")}</pre>`;
  const main = html`<h1 class="${verdict.tone}">${verdict.text}</h1>
${view === undefined ? [] : seenPart(view)}${log}`;
  return { title: `${verdict.text} - sync-tool`, icon: iconOf(verdict), main: main.html };
}

export function pageOf(state: PageState): string {
  const { title, icon, main } = state;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><link rel="icon" href="${icon}">
<noscript><meta http-equiv="refresh" content="5"></noscript>
<style>${{ html: STYLE }}</style></head>
<body><main>${{ html: main }}</main>
<footer>sync-tool ${readVersion()}. <a href="status.json">status.json</a> <a href="metrics">metrics</a></footer>
<script>${{ html: SCRIPT }}</script></body></html>
`.html;
}

function seenPart(view: View): Html {
  const { report, ageSeconds } = view;
  const { at, direction, serving, reasons } = report;
  const way = direction === "forward" ? "from blue to green" : "from green to blue";
  const who = serving === undefined ? "" : `, ${serving.side} serves users`;
  return html`<p>Seen at <time datetime="${at}">${utcText(at)}</time>, ${secondsText(ageSeconds)} ago. Changes go ${way}${who}.</p>
${phaseStrip(view)}${stoppedPart(view)}${heldPart(view)}${errorsPart(view)}
${reasons.length === 0 ? [] : html`<ul>${reasons.map((reason) => html`<li>${reason}</li>`)}</ul>`}
<h2>Tables</h2>${tablesPart(view)}${pendingLine(view)}
${lettersPart(view)}<h2>Proof</h2>${verifiedPart(view)}`;
}
