import { Argument, Command, Option, type OptionValues } from "commander";
import { EXIT } from "../errors.ts";
import { readVersion } from "../version.ts";
import { commandTree } from "./command-tree.ts";
import { COMPLETIONS } from "./completion.ts";
import { addCommonFlags, addDirection, addTimeout, type CommonFlags, SCRIPT_FOLDER } from "./flags.ts";
import { addHelpTexts } from "./help-texts.ts";
import { addKeyFlags } from "./key-flags.ts";
import { writeOut } from "./output.ts";

/** Ends with the process's exit code; failures are thrown. `signal` asks it to finish what it is at, and end. */
export type CommandAction<F extends object = CommonFlags> = (
  flags: F,
  signal: AbortSignal,
) => Promise<number>;

/**
 * The commands and their flags. What a command does is loaded when it is called, so that `--help` loads neither a
 * driver nor the log. `onDone` gets the exit code of the command.
 */
export function createProgram(signal: AbortSignal, onDone: (exitCode: number) => void): Command {
  const program = new Command("sync-tool")
    .description("Keeps a WSO2 Identity Server 5.11.0 database in step with the 5.x database it is replacing")
    .version(readVersion())
    .exitOverride()
    .configureOutput({ outputError: () => undefined });

  const command = (name: string, description: string): Command =>
    addCommonFlags(program.command(name).description(description)).exitOverride();
  const does =
    <F extends object>(load: () => Promise<CommandAction<F>>) =>
    async (flags: OptionValues): Promise<void> => {
      const action = await load();
      onDone(await action(flags as F, signal));
    };

  addTimeout(command("prepare", "install capture on the source and the checkpoint tables on the target"))
    .option("--dry-run", "print what would be done and write nothing")
    .option("--generate-ddl", "write scripts for a DBA instead of installing")
    .option("--out <dir>", `with --generate-ddl: folder of the scripts (default: "${SCRIPT_FOLDER}")`)
    .option("--source-only", "with --generate-ddl: the source's scripts alone, without asking the target")
    .option("--accept-new-journal", "begin again where the target's checkpoint belongs to another journal")
    .option(
      "--accept-gap",
      "take changes that may be missing, for capture was broken for a while, as not missing",
    )
    .action(does(async () => (await import("./commands/prepare.ts")).prepare));

  addKeyFlags(command("run", "apply captured changes to the target until stopped"))
    .option("--once", "one pass over every table, then end")
    .option("--until-drained", "end when every table has been empty twice")
    .option("--wait", "with --once or --until-drained: wait while another runner is at work")
    .option("--dry-run", "print the plan and write nothing")
    .option("--listen <host:port>", "serve a page, metrics and health there, e.g. 127.0.0.1:9464")
    .option("--listen-token-file <file>", "token to be shown; needed where other machines can ask")
    .action(does(async () => (await import("./commands/run.ts")).run));

  addKeyFlags(command("copy", "fill the target's tables with rows of the source that the dump did not bring"))
    .addOption(
      new Option("--table <table>", "only this table; repeatable")
        .argParser((value: string, before: readonly string[]) => [...before, value])
        .default([], "all of them"),
    )
    .option("--max-rows-per-second <n>", "read no faster than this")
    .option("--json", "print JSON")
    .action(does(async () => (await import("./commands/copy.ts")).copy));

  addDirection(
    addTimeout(command("status", "print where every table stands and whether it is safe to switch")),
  )
    .option("--json", "print JSON")
    .option("--watch", "print again every two seconds")
    .action(does(async () => (await import("./commands/status.ts")).status));

  addDirection(
    addTimeout(
      addKeyFlags(
        command("verify", "compare every row of the source, as the run would write it, with the target"),
      ),
    ),
  )
    .option("--json", "print JSON")
    .option("--repair", "write missing and different rows again")
    .option("--delete-extra", "with --repair: delete rows that only the target has")
    .option("--yes", "with --delete-extra: do it")
    .option("--max-rows-per-second <n>", "read no faster than this")
    .option("--state <file>", "keep the progress in this file and go on from it")
    .action(does(async () => (await import("./commands/verify.ts")).verify));

  addDirection(addTimeout(command("drain", "say whether every table is drained: the gate before the switch")))
    .option("--wait", "wait until it is")
    .option("--max-lag <seconds>", "content with tables that are at most so far behind")
    .option("--verified-within <time>", "only if verify found both sides equal within it: 30m, 24h, 2d")
    .option("--json", "print JSON")
    .action(does(async () => (await import("./commands/drain.ts")).drain));

  addTimeout(addKeyFlags(command("switch", "with wayBack=true: have green serve users, or blue again")))
    .option("--back", "blue serves users again")
    .option("--wait", "wait until nothing stands in the way")
    .option("--dry-run", "say what stands in the way and change nothing")
    .option("--json", "print JSON")
    .action(does(async () => (await import("./commands/switch.ts")).switchSides));

  addDirection(addKeyFlags(command("doctor", "check both databases and say what mends each fault")))
    .option("--json", "print JSON")
    .option("--markdown <file>", "write what was found to this file as well, for a change request")
    .action(does(async () => (await import("./commands/doctor.ts")).doctor));

  const letters = program
    .command("dead-letters")
    .description("changes that the target refused: list them, have them tried again, or give them up")
    .exitOverride();
  const letterCommand = (name: string, description: string): Command =>
    addDirection(addCommonFlags(letters.command(name).description(description)))
      .exitOverride()
      .option("--table <table>", "only those of this table")
      .option("--id <id>", "only the one with this id")
      .option("--json", "print JSON");
  letterCommand("list", "print them").action(
    does(async () => (await import("./commands/dead-letters.ts")).listLetters),
  );
  letterCommand("retry", "have a run try them again, at its next poll or when it starts").action(
    does(async () => (await import("./commands/dead-letters.ts")).retryLetters),
  );
  letterCommand("discard", "give them up: their changes never reach the target")
    .option("--yes", "do it; without, they are only listed")
    .action(does(async () => (await import("./commands/dead-letters.ts")).discardLetters));

  command("pause", "have run, copy and verify wait, wherever they are at work, until resume")
    .option("--reason <text>", "why, for whoever looks meanwhile")
    .action(does(async () => (await import("./commands/pause.ts")).pause));

  command("resume", "end a pause").action(does(async () => (await import("./commands/pause.ts")).resume));

  addDirection(command("purge", "delete applied changes from the journals"))
    .option("--yes", "do it")
    .action(does(async () => (await import("./commands/purge.ts")).purge));

  addDirection(addTimeout(command("cleanup", "remove everything of sync-tool from both databases")))
    .option("--yes", "do it; without, the objects are only listed")
    .option("--discard-pending", "also when changes are not applied yet: they are lost")
    .option("--source-only", "when the target is gone for good: free the source, without asking the target")
    .action(does(async () => (await import("./commands/cleanup.ts")).cleanup));

  program
    .command("endpoints")
    .description(
      "write a load balancer's file that lets only the guide's endpoints through: the maintenance window",
    )
    .exitOverride()
    .requiredOption("--format <name>", "nginx, haproxy, apache, envoy, traefik, ingress-nginx or gateway-api")
    .addOption(
      new Option("--upstream <host:port>", "a node of Identity Server, e.g. is1:9443; repeatable")
        .argParser((value: string, before: readonly string[]) => [...before, value])
        .default([], "none"),
    )
    .option("--out <file>", "write to this file instead of stdout")
    .option("--without <groups>", "leave groups out: oauth2, saml, ws-federation, second-factors, xacml")
    .option("--with <groups>", "let a group in that is not in the guide: login-helpers")
    .option("--to <blue|green>", "whose nodes the upstreams are: green for the switch", "blue")
    .option("--hostname <name>", "the public name of Identity Server (default: any name)")
    .option("--listen <port>", "port that clients reach (default: 443)")
    .option(
      "--certificate <file>",
      "PEM file that ends in .crt, its key beside it in .key (default: /etc/ssl/identity/tls.crt)",
    )
    .option("--debug", "say where in the code a failure came from")
    .action(does(async () => (await import("./commands/endpoints.ts")).endpoints));

  program
    .command("completion")
    .description("print a script that completes commands and options: bash, zsh, fish or powershell")
    .exitOverride()
    .addArgument(new Argument("<shell>", "whose").choices(Object.keys(COMPLETIONS)))
    .action((shell: string) => {
      writeOut(COMPLETIONS[shell]?.(commandTree(program)) ?? "");
      onDone(EXIT.ok);
    });

  program
    .command("version")
    .description("print the version")
    .exitOverride()
    .action(() => {
      writeOut(readVersion());
      onDone(EXIT.ok);
    });

  addHelpTexts(program);
  return program;
}
