/** What the demo says: numbered steps, commands, short outputs. Colours on a terminal only, and not with NO_COLOR. */

/** Of a line when nobody says how wide the terminal is. */
const WIDTH = 120;

export interface Narrator {
  /** The headline; not numbered. */
  title(text: string): void;
  /** Begins the next numbered step. */
  step(text: string): void;
  /** A sentence for the reader. */
  say(text: string): void;
  /** A command as an operator types it. */
  command(text: string): void;
  /** Output of a command or contents of a file, each line cut to the width. At most `most` lines, default all. */
  output(text: string, most?: number): void;
  /** The last words. */
  verdict(holds: boolean, text: string): void;
}

export function createNarrator(out: NodeJS.WriteStream = process.stdout): Narrator {
  const isColoured = out.isTTY === true && !process.env["NO_COLOR"];
  const paint = (code: number, text: string): string =>
    isColoured ? `\u001b[${code}m${text}\u001b[0m` : text;
  const bold = (text: string): string => paint(1, text);
  const width = out.columns === undefined ? WIDTH : Math.max(out.columns, 60);
  const cut = (line: string): string =>
    line.length <= width - 6 ? line : `${line.slice(0, width - 9).trimEnd()}...`;
  const write = (line = ""): void => void out.write(`${line}\n`);
  const startedAt = performance.now();
  let steps = 0;
  return {
    title: (text) => write(`\n${bold(text)}`),
    step(text) {
      steps += 1;
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
      write(`\n${bold(`${steps}. ${text}`)} ${paint(2, `[${seconds} s]`)}`);
    },
    say: (text) => write(`   ${text}`),
    command: (text) => write(`   ${paint(36, `$ ${text}`)}`),
    output(text, most = Number.POSITIVE_INFINITY) {
      const lines = text.trimEnd().split("\n");
      for (const line of lines.slice(0, most)) write(paint(2, `     ${cut(line)}`).trimEnd());
      if (lines.length > most) write(paint(2, `     ... ${lines.length - most} more lines`));
    },
    verdict: (holds, text) => write(`\n${bold(paint(holds ? 32 : 31, text))}\n`),
  };
}
