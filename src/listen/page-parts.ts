/** The parts of the page, each a view of the last look. */
import { PHASES } from "../status/phase.ts";
import { pendingText, stateOf } from "../status/table-state.ts";
import type { TableStatus } from "../status/table-status.ts";
import type { TimeToDrain } from "../status/time-to-drain.ts";
import type { View } from "../status/watch.ts";
import { roughTime } from "../util/rough-time.ts";
import { utcText } from "../util/utc-text.ts";
import { whole } from "../util/whole.ts";
import { type Html, html } from "./html.ts";

export function phaseStrip({ report }: View): Html {
  return html`<ol class="phases">${PHASES.map((one) =>
    one === report.phase ? html`<li aria-current="step">${one}</li>` : html`<li>${one}</li>`,
  )}</ol><p>Next: ${report.next}</p>`;
}

const COLUMNS = [
  { title: "State", isNumber: false },
  { title: "Pending", isNumber: true },
  { title: "Oldest", isNumber: true },
  { title: "Applied/s", isNumber: true },
  { title: "To drain", isNumber: true },
  { title: "Waits for", isNumber: false },
  { title: "Dead letters", isNumber: true },
  { title: "Runner", isNumber: false },
] as const;

/** Each says what it is: on a narrow screen they stand below each other, without a head. */
const cells = (texts: readonly string[]): readonly Html[] =>
  COLUMNS.map(({ title, isNumber }, i) =>
    isNumber
      ? html`<td class="n" data-title="${title}">${texts[i] ?? ""}</td>`
      : html`<td data-title="${title}">${texts[i] ?? ""}</td>`,
  );

export function tablesPart(view: View): Html {
  const { report, toDrain, holeSeconds, begins } = view;
  const row = (one: TableStatus): Html => html`<tr>
<th scope="row">${one.table}</th>${cells([
    stateOf(one, begins(one)).words,
    pendingText(one),
    one.lagSeconds === null ? "-" : secondsText(one.lagSeconds),
    one.appliedPerSecond === null ? "-" : whole(one.appliedPerSecond),
    drainText(toDrain(one)),
    holeText(one, holeSeconds(one)),
    whole(one.deadLetters),
    runnerText(one),
  ])}</tr>
`;
  return html`<div class="wide"><table class="tables"><thead><tr><th>Table</th>${COLUMNS.map(
    ({ title, isNumber }) => (isNumber ? html`<th class="n">${title}</th>` : html`<th>${title}</th>`),
  )}</tr></thead>
<tbody>${report.tables.map(row)}</tbody></table></div>`;
}

/** With a tenth of a second where there are few, and some. */
export const secondsText = (seconds: number): string =>
  seconds >= 0.05 && seconds < 10 ? `${seconds.toFixed(1)} s` : roughTime(seconds);

const drainText = (time: TimeToDrain): string =>
  typeof time === "number" ? secondsText(time) : (time ?? "-");

function holeText({ openHole, holders, writers }: TableStatus, seconds: number): string {
  if (openHole === null && writers === 0) return "-";
  const who = holders
    .map(({ holder, user }) => (user === undefined ? holder : `${holder} ${user}`))
    .join(", ");
  const since = openHole === null ? "" : ` for ${secondsText(seconds)}`;
  return `${who === "" ? "a transaction on the source" : who}${since}`;
}

const runnerText = ({ runner }: TableStatus): string =>
  runner === null ? "-" : `${runner.pid}@${runner.host}, ${secondsText(runner.movedSecondsAgo)} ago`;

export function stoppedPart({ report }: View): readonly Html[] {
  const groups = new Map(report.tables.map((one) => [`${one.schema}/${one.group}`, one]));
  return [...groups.values()].flatMap(({ group, stopped }) =>
    stopped === null
      ? []
      : [
          html`<p class="bad"><strong>${group}</strong> has stopped since ${utcText(stopped.since)}: ${stopped.why} [${stopped.code}]</p>`,
        ],
  );
}

/** What has failed and was tried again, each once. */
export function errorsPart({ report }: View): readonly Html[] {
  const errors = new Map(
    report.tables.flatMap(({ lastError }) =>
      lastError === null ? [] : [[`${lastError.at} ${lastError.reason}`, lastError]],
    ),
  );
  return [...errors.values()].map(
    ({ at, code, reason }) => html`<p>Last error: ${utcText(at)}, ${reason} [${code}], tried again</p>`,
  );
}

/** Each reason once. */
export function heldPart({ report }: View): readonly Html[] {
  const held = new Map(
    report.tables.flatMap(({ throttle }) => (throttle === null ? [] : [[throttle.reason, throttle]])),
  );
  return [...held.values()].map(
    ({ reason, since }) => html`<p class="busy">Held back since ${utcText(since)}: ${reason}</p>`,
  );
}

export function lettersPart({ report }: View): readonly Html[] {
  const rows = report.tables.flatMap(({ table, deadLettersByCode }) =>
    Object.entries(deadLettersByCode).map(
      ([code, count]) =>
        html`<tr><th scope="row">${table}</th><td>${code}</td><td class="n">${whole(count)}</td></tr>`,
    ),
  );
  if (rows.length === 0) return [];
  return [
    html`<h2>Dead letters</h2><div class="wide"><table><thead><tr><th>Table</th><th>Code</th><th class="n">Changes</th></tr></thead><tbody>${rows}</tbody></table></div>`,
  ];
}

export function verifiedPart({ report, ageSeconds }: View): readonly Html[] {
  return report.verified.map(({ schema, result, secondsAgo }) =>
    result === null || secondsAgo === null
      ? html`<p>Verified: ${schema}: not yet</p>`
      : html`<p>Verified: ${schema}: ${result}, ${secondsText(secondsAgo + ageSeconds)} ago</p>`,
  );
}

const [WIDTH, HEIGHT] = [300, 40];

/** How many changes were pending in the last ten minutes. */
export function pendingLine({ pendingBefore }: View): readonly Html[] {
  if (pendingBefore.length < 2) return [];
  const most = Math.max(1, ...pendingBefore);
  const points = pendingBefore
    .map((pending, i) => {
      const x = (i * WIDTH) / (pendingBefore.length - 1);
      return `${x.toFixed(1)},${(HEIGHT - (pending * (HEIGHT - 2)) / most - 1).toFixed(1)}`;
    })
    .join(" ");
  return [
    html`<p><svg role="img" aria-label="pending changes of the last ten minutes" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}"><polyline points="${points}" fill="none" stroke="currentColor"/></svg> pending, last ten minutes, at most ${whole(most)}</p>`,
  ];
}
