/** Completion scripts, made from the commands: nothing of ours is started while somebody types. */
import type { CommandFacts, OptionFacts } from "./command-tree.ts";

type Script = (tree: readonly CommandFacts[]) => string;

const NAME = "sync-tool";

const namesOf = ({ options }: CommandFacts): readonly string[] => [
  ...options.flatMap(({ names }) => names),
  "--help",
];
const wordsOf = (command: CommandFacts): string =>
  [...command.children.map(({ word }) => word), ...command.choices, ...namesOf(command)].join(" ");
const parents = (tree: readonly CommandFacts[]): readonly CommandFacts[] =>
  tree.filter(({ children }) => children.length > 0);

/** Options of any command that take a value: all, or by whether it is a path. */
function valueNames(tree: readonly CommandFacts[], isFile?: boolean): readonly string[] {
  const names = tree.flatMap(({ options }) =>
    options
      .filter((one) => one.value !== undefined && (isFile ?? one.isFile) === one.isFile)
      .flatMap((one) => one.names),
  );
  return [...new Set(names)];
}

/** Options whose value is one of some words. */
function valueWords(
  tree: readonly CommandFacts[],
): readonly { readonly name: string; readonly words: readonly string[] }[] {
  const found = tree.flatMap(({ options }) =>
    options.flatMap(({ names, words }) =>
      words.length === 0 ? [] : names.map((name) => [name, words] as const),
    ),
  );
  return [...new Map(found)].map(([name, words]) => ({ name, words }));
}

const bash: Script = (tree) => `# bash completion for ${NAME}: source it, or keep it as
# ~/.local/share/bash-completion/completions/${NAME}
_sync_tool() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" command="" words="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command/\${COMP_WORDS[i]}" in
${parents(tree)
  .flatMap(({ name, children }) =>
    children.map(({ word }) => `      "${name}/${word}") command="${`${name} ${word}`.trim()}" ;;`),
  )
  .join("\n")}
    esac
  done
  case "$prev" in
    ${valueNames(tree, true).join("|")}) COMPREPLY=($(compgen -f -- "$cur")); return ;;
${valueWords(tree)
  .map(
    ({ name, words }) => `    ${name}) COMPREPLY=($(compgen -W "${words.join(" ")}" -- "$cur")); return ;;`,
  )
  .join("\n")}
    ${valueNames(tree, false).join("|")}) COMPREPLY=(); return ;;
  esac
  case "$command" in
${tree.map((command) => `    "${command.name}") words="${wordsOf(command)}" ;;`).join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o filenames -F _sync_tool ${NAME}
`;

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const zshText = (text: string): string => text.replace(/[\\[\]:]/g, "\\$&");

function zshOption({ names, description, value, words, isFile, isRepeatable }: OptionFacts): string {
  const choice = words.length === 0 ? " " : `(${words.join(" ")})`;
  const tail = value === undefined ? "" : `:${zshText(value)}:${isFile ? "_files" : choice}`;
  const others = isRepeatable ? "*" : names.length > 1 ? `(${names.join(" ")})` : "";
  return names.map((name) => quoted(`${others}${name}[${zshText(description)}]${tail}`)).join(" ");
}

const zshList = ({ children }: CommandFacts): string =>
  children.map(({ word, description }) => quoted(`${zshText(word)}:${description}`)).join(" ");

const zshChoices = ({ choices }: CommandFacts): readonly string[] =>
  choices.length === 0 ? [] : [`'1:word:(${choices.join(" ")})'`];

const zsh: Script = (tree) => `#compdef ${NAME}
# zsh completion for ${NAME}: keep it as _${NAME} in a folder of $fpath
_sync_tool() {
  local curcontext="$curcontext" state line
  local -a commands
  _arguments -C ${(tree[0]?.options ?? []).map(zshOption).join(" ")} '1: :->command' '*:: :->rest'
  case $state in
    command)
      commands=(${zshList(tree[0] as CommandFacts)})
      _describe command commands ;;
    rest)
      case $words[1] in
${tree
  .filter(({ name }) => name !== "" && !name.includes(" "))
  .map((command) =>
    command.children.length === 0
      ? `        ${command.name}) _arguments ${[...command.options.map(zshOption), ...zshChoices(command)].join(" ")} '--help[help]' ;;`
      : `        ${command.name})
          if (( CURRENT == 2 )); then
            commands=(${zshList(command)})
            _describe command commands
          else
            case $words[2] in
${tree
  .filter(({ name }) => name.startsWith(`${command.name} `))
  .map(
    (child) =>
      `              ${child.name.split(" ")[1]}) shift words; (( CURRENT-- )); _arguments ${child.options.map(zshOption).join(" ")} '--help[help]' ;;`,
  )
  .join("\n")}
            esac
          fi ;;`,
  )
  .join("\n")}
      esac ;;
  esac
}
if [ "$funcstack[1]" = "_${NAME}" ]; then _sync_tool "$@"; else compdef _sync_tool ${NAME}; fi
`;

const fishText = (text: string): string => `'${text.replace(/[\\']/g, "\\$&")}'`;

const fish: Script = (tree) => {
  const lines = tree.flatMap(({ name, options, children, choices }) => {
    const [first = "", second] = name.split(" ");
    const others = tree.find((one) => one.name === first)?.children.map(({ word }) => word) ?? [];
    const isHere =
      name === ""
        ? "__fish_use_subcommand"
        : second !== undefined
          ? `__fish_seen_subcommand_from ${first}; and __fish_seen_subcommand_from ${second}`
          : others.length > 0
            ? `__fish_seen_subcommand_from ${first}; and not __fish_seen_subcommand_from ${others.join(" ")}`
            : `__fish_seen_subcommand_from ${first}`;
    return [
      ...children.map(
        ({ word, description }) =>
          `complete -c ${NAME} -n ${fishText(isHere)} -a ${word} -d ${fishText(description)}`,
      ),
      ...choices.map((word) => `complete -c ${NAME} -n ${fishText(isHere)} -a ${word}`),
      ...options.map(({ names, description, value, words, isFile }) => {
        const flags = names.map((one) =>
          one.startsWith("--") ? `-l ${one.slice(2)}` : `-s ${one.slice(1)}`,
        );
        const offered = words.length === 0 ? "" : ` -a ${fishText(words.join(" "))}`;
        const takes = value === undefined ? "" : isFile ? " -r -F" : ` -x${offered}`;
        return `complete -c ${NAME} -n ${fishText(isHere)} ${flags.join(" ")}${takes} -d ${fishText(description)}`;
      }),
    ];
  });
  return `# fish completion for ${NAME}: keep it as ~/.config/fish/completions/${NAME}.fish\ncomplete -c ${NAME} -f\n${lines.join("\n")}\n`;
};

const psList = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(", ");

const powershell: Script = (tree) => `# PowerShell completion for ${NAME}: dot-source it in $PROFILE
Register-ArgumentCompleter -Native -CommandName ${NAME} -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $known = @{
${tree.map((command) => `    '${command.name}' = @(${psList(wordsOf(command).split(" "))})`).join("\n")}
  }
  $takesValue = @(${psList(valueNames(tree))})
  $words = @{
${valueWords(tree)
  .map(({ name, words }) => `    '${name}' = @(${psList(words)})`)
  .join("\n")}
  }
  $command = ''
  $before = ''
  foreach ($element in ($commandAst.CommandElements | Select-Object -Skip 1)) {
    if ($element.Extent.EndOffset -ge $cursorPosition) { break }
    $next = "$command $element".Trim()
    if ($takesValue -cnotcontains $before -and $known.ContainsKey($next)) { $command = $next }
    $before = "$element"
  }
  $offered = $known[$command]
  if ($words.ContainsKey($before)) { $offered = $words[$before] }
  # Nothing of ours: PowerShell then offers files.
  elseif ($takesValue -ccontains $before) { return }
  $offered | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`;

export const COMPLETIONS: Readonly<Record<string, Script>> = { bash, zsh, fish, powershell };
