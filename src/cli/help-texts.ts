/** What `--help` says beyond the options: in which phase a command is given, how, and what its exit codes mean. */
import { type Command, Help } from "commander";

interface HelpText {
  /** Heading of the list of commands. */
  readonly phase: string;
  /** Arguments after the command's name, and what they are for. */
  readonly examples: readonly (readonly [args: string, purpose: string])[];
  /** Exit codes of this command's own, beside those of every command. */
  readonly exits: readonly (readonly [code: number, when: string])[];
  /** It reads no configuration and asks no database. */
  readonly isAlone?: true;
}

const BEFORE = "Before the dump:";
const MEANWHILE = "While blue serves:";
const SWITCH = "Proof and switch:";
const AFTER = "Afterwards:";
const HELP = "Help:";

const UNREADY = [5, "not prepared, or something stands in the way: the message says what"] as const;

/** By the command's name. */
export const TEXTS: Readonly<Record<string, HelpText>> = {
  prepare: {
    phase: BEFORE,
    examples: [
      ["--dry-run", "the plan, with nothing written"],
      ["", "capture on blue; again after the restore: the tables on green"],
      ["--generate-ddl --out scripts", "scripts for a DBA instead"],
    ],
    exits: [[5, "the tables cannot be synced as they are, a right is missing, a table stayed locked"]],
  },
  doctor: {
    phase: BEFORE,
    examples: [
      ["", "every check, with what mends it"],
      ["--markdown checks.md", "the same as a document for the change request"],
      ["--direction back", "the same for what users will write on green: with wayBack=true"],
    ],
    exits: [[6, "a check failed"]],
  },
  run: {
    phase: MEANWHILE,
    examples: [
      ["", "until it is stopped; a second one waits as standby"],
      ["--listen 127.0.0.1:9464", "the same, with a page, metrics and health"],
      ["--until-drained", "ends when everything is applied"],
      ["--dry-run", "the plan, with nothing written"],
    ],
    exits: [
      UNREADY,
      [7, "stopped for good: too many dead letters, a table's shape changed, capture was lost"],
      [8, "with --until-drained: all is applied but dead letters"],
    ],
  },
  copy: {
    phase: MEANWHILE,
    examples: [
      ["", "every table, beside a run"],
      ["--table IDN_OAUTH2_ACCESS_TOKEN --max-rows-per-second 5000", "one table, no faster than that"],
    ],
    exits: [UNREADY, [8, "stopped before the end, or green refused rows: they are named"]],
  },
  status: {
    phase: MEANWHILE,
    examples: [
      ["", "once"],
      ["--watch", "every two seconds, until stopped"],
      ["--json", "for monitoring"],
    ],
    exits: [],
  },
  "dead-letters": {
    phase: MEANWHILE,
    examples: [
      ["list", "what green refused, and why"],
      ["retry --table IDN_OAUTH2_ACCESS_TOKEN", "have the run try them again"],
    ],
    exits: [],
  },
  pause: {
    phase: MEANWHILE,
    examples: [
      ["--reason 'backup of blue'", "until `sync-tool resume`; nothing is lost, green falls behind"],
    ],
    exits: [UNREADY],
  },
  resume: {
    phase: MEANWHILE,
    examples: [["", "what was paused goes on"]],
    exits: [UNREADY],
  },
  purge: {
    phase: MEANWHILE,
    examples: [["--yes", "delete what is applied from the journals"]],
    exits: [UNREADY],
  },
  verify: {
    phase: SWITCH,
    examples: [
      ["", "compare every row"],
      ["--repair", "and write missing and different ones again"],
      ["--state verify.state", "go on from where the last one was stopped"],
    ],
    exits: [UNREADY, [6, "rows differ"], [8, "none differs, but not all could be judged"]],
  },
  drain: {
    phase: SWITCH,
    examples: [
      ["", "may traffic go to green now?"],
      ["--wait --timeout 60", "wait for a yes, a minute at most"],
      ["--max-lag 5", "content with five seconds"],
    ],
    exits: [
      [0, "yes"],
      [5, "no: the reasons are printed"],
      [8, "all is applied but dead letters"],
    ],
  },
  switch: {
    phase: SWITCH,
    examples: [
      ["--dry-run", "what stands in the way?"],
      ["--wait --timeout 120", "green serves from now on; then send the traffic there"],
      ["--back --wait", "blue serves again"],
    ],
    exits: [
      [0, "it is so: send the traffic"],
      [5, "no: the reasons are printed, and nothing has changed"],
      [8, "all is applied but dead letters"],
    ],
  },
  endpoints: {
    phase: SWITCH,
    examples: [
      [
        "--format nginx --upstream is1:9443 --out window.conf",
        "the guide's endpoints to blue, 503 for all else",
      ],
      ["--format nginx --upstream is2:9443 --to green", "for the switch itself"],
    ],
    exits: [],
    isAlone: true,
  },
  completion: {
    phase: HELP,
    examples: [["bash > sync-tool.bash", "commands and options at the TAB key"]],
    exits: [],
    isAlone: true,
  },
  cleanup: {
    phase: AFTER,
    examples: [
      ["", "what would be removed"],
      ["--yes", "remove it"],
    ],
    exits: [[5, "green lacks changes, or somebody is at work"]],
  },
};

const EVERY: HelpText["exits"] = [
  [0, "done"],
  [2, "wrong options, or --yes is missing"],
  [3, "a mistake in the configuration: all of them are listed"],
  [4, "a database does not answer, or refuses the login"],
];

/** Puts each command under its phase, and its examples and exit codes below its options. */
export function addHelpTexts(program: Command): void {
  program.commands.find((command) => command.name() === "version")?.helpGroup(HELP);
  program.addHelpCommand(
    program
      .createCommand("help")
      .argument("[command]")
      .description("show this, or a command's help")
      .helpGroup(HELP),
  );
  for (const command of program.commands) {
    const text = TEXTS[command.name()];
    if (text === undefined) continue;
    command.helpGroup(text.phase).addHelpText("after", () => `\n${below(command.name(), text)}`);
  }
  program.addHelpText(
    "after",
    "\nThe README has the runbook, every exit code and every error code with what it wants from you.",
  );
}

/** What a command may end with, by code. */
export function exitsOf({ exits, isAlone }: HelpText): HelpText["exits"] {
  const own = new Map([...EVERY.filter(([code]) => !isAlone || code <= 2), ...exits]);
  return [...own].sort(([a], [b]) => a - b);
}

function below(name: string, text: HelpText): string {
  const { examples } = text;
  const helper = new Help();
  const lines = (pairs: readonly (readonly [string, string])[]): readonly string[] => {
    const width = Math.max(...pairs.map(([first]) => first.length));
    return pairs.map(([first, what]) => helper.formatItem(first, width, what, helper));
  };
  return [
    "Examples:",
    ...examples.flatMap(([args, purpose]) => [
      `  # ${purpose}`,
      `  sync-tool ${name}${args === "" ? "" : ` ${args}`}`,
    ]),
    "",
    "Exit codes:",
    ...lines(exitsOf(text).map(([code, when]) => [String(code), when])),
  ].join("\n");
}
