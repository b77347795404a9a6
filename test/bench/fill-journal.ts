import { type Lab, TOKENS } from "./lab.ts";
import { tokenColumns, tokenValues } from "./token-data.ts";

const UUID = /'[0-9a-f]{8}-[0-9a-f-]{27}'/;

/** Rows of one statement: more in one transaction would only fill the server's logs. */
const ROWS_PER_STATEMENT = 250_000;

/**
 * Puts inserted tokens into the journal straight away, without their table: millions of them in little time.
 * `accessToken`: characters of each access token, or with `everySecond` of those with an odd number; 32 by default, a JWT has
 * about 900. `isLater`: 5.10.0 and later.
 */
export async function fillTokenJournal(
  lab: Lab,
  rows: number,
  { accessToken = 32, everySecond = false, isLater = true } = {},
): Promise<void> {
  const table = lab.tables.find(({ name }) => name === TOKENS);
  if (table === undefined) throw new Error("a lab without tokens");
  const isPostgres = lab.source.test.settings.type === "postgres";
  const number = isPostgres ? "g.n" : "g.seq";
  const text = (expression: string): string =>
    isPostgres ? `md5((${expression})::text)` : `md5(${expression})`;
  const short = text(`${number} + 1`);
  const long = `RPAD(${short}, ${accessToken}, 'eyJ')`;
  const token = everySecond ? `CASE WHEN ${number} % 2 = 1 THEN ${long} ELSE ${short} END` : long;
  const values = tokenValues("#id#", 0, isLater)
    .slice(1, -1)
    .replace("'#id#'", text(number))
    .replace("'scope0'", text(number))
    // The access token comes first, then the refresh token.
    .replace(UUID, () => (accessToken === 32 ? short : token))
    .replace(UUID, () => short);
  for (let from = 1; from <= rows; from += ROWS_PER_STATEMENT) {
    const to = Math.min(rows, from + ROWS_PER_STATEMENT - 1);
    const series = isPostgres ? `generate_series(${from}, ${to}) AS g(n)` : `seq_${from}_to_${to} AS g`;
    await lab.source.test.exec(
      `INSERT INTO ${table.names.journal} (${tokenColumns(isLater)}, ACTION, SYNC_ID) SELECT ${values}, 'INSERT', ${number} FROM ${series} ORDER BY ${number}`,
    );
  }
  // Now, and not by the server's own workers while the drain is measured.
  if (isPostgres) await lab.source.test.exec(`VACUUM ANALYZE ${table.names.journal}`);
}
