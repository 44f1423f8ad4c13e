import type { CliCommand, Values } from "../command.ts";

/** What can be typed instead of a command. */
const GENERAL = ["help", "--help", "--version"] as const;

/** An option as a shell offers it. */
interface OfferedOption {
  /** Its forms, such as `--follow` and `-f`. */
  readonly forms: readonly string[];
  /** Whether a value follows. */
  readonly takesValue: boolean;
  /** What the value can be. */
  readonly values: Values | undefined;
}

/** The options of a command, and the help that each one has. */
export function offeredOptions({ options }: CliCommand): OfferedOption[] {
  const own = Object.entries(options).map(([name, option]) => ({
    forms: [
      `--${name}`,
      ...(option.short === undefined ? [] : [`-${option.short}`]),
    ],
    takesValue: option.type === "string",
    values: option.values,
  }));
  const help = {
    forms: ["--help", "-h"],
    takesValue: false,
    values: undefined,
  };
  return [...own, help];
}

/** A script for bash. */
export function bashScript(commands: readonly CliCommand[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  return `# Completes "wal" in bash.
_wal() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  # bash makes a word of the = in --option=value.
  [[ $word == "=" ]] && word=""
  [[ $before == "=" ]] && before="\${COMP_WORDS[COMP_CWORD-2]}"
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W "${names} ${GENERAL.join(" ")}" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]} $before" in
    "help "*) COMPREPLY=($(compgen -W "${names}" -- "$word")); return ;;
${commands.flatMap(bashValueCases).join("\n")}
  esac
  case "\${COMP_WORDS[1]}" in
${commands.map(bashCase).join("\n")}
  esac
}
complete -F _wal wal
`;
}

/** One case for each option of a command that takes a value. */
function bashValueCases(command: CliCommand): string[] {
  return offeredOptions(command).filter(({ takesValue }) => takesValue)
    .map(({ forms, values }) => {
      const patterns = forms.map((form) => `"${command.name} ${form}"`);
      return `    ${patterns.join("|")}) ${bashOffer(values)}return ;;`;
    });
}

/** Offers the options after a dash, and the operand otherwise. */
function bashCase(command: CliCommand): string {
  const forms = offeredOptions(command).flatMap(({ forms }) => forms);
  return `    ${command.name})
      if [[ $word == -* ]]; then ${bashOffer(forms)}
      else ${bashOffer(command.operand)}fi ;;`;
}

function bashOffer(values: Values | undefined): string {
  if (values === undefined) return "";
  if (typeof values !== "string") {
    return `COMPREPLY=($(compgen -W "${values.join(" ")}" -- "$word")); `;
  }
  const kind = values === "directory" ? "-d" : "-f";
  return "compopt -o filenames 2>/dev/null; " +
    `mapfile -t COMPREPLY < <(compgen ${kind} -- "$word"); `;
}

/** A script for zsh. */
export function zshScript(commands: readonly CliCommand[]): string {
  const descriptions = commands.map(({ name, summary }) =>
    `    ${zshQuote(`${name}:${summary}`)}`
  );
  return `#compdef wal
# Completes "wal" in zsh.
_wal() {
  local -a commands=(
${descriptions.join("\n")}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    compadd -- ${GENERAL.join(" ")}
    return
  fi
  local command=$words[2]
  if [[ $command == help ]]; then
    _describe command commands
    return
  fi
  shift words
  ((CURRENT--))
  case $command in
${commands.map(zshCase).join("\n")}
  esac
}
if [[ $funcstack[1] == _wal ]]; then _wal "$@"; else compdef _wal wal; fi
`;
}

function zshCase(command: CliCommand): string {
  const options = offeredOptions(command).flatMap((option) =>
    option.forms.map((form) => {
      const value = option.takesValue
        ? `:value:${zshOffer(option.values)}`
        : "";
      // A long form may have its value after = as well.
      const mark = option.takesValue && form.startsWith("--") ? "=" : "";
      return zshQuote(`*${form}${mark}${value}`);
    })
  );
  const operand = zshQuote(`1:argument:${zshOffer(command.operand)}`);
  return `    ${command.name}) _arguments ${options.join(" ")} ${operand} ;;`;
}

function zshOffer(values: Values | undefined): string {
  if (values === undefined) return "";
  if (values === "directory") return "_files -/";
  if (values === "file") return "_files";
  return `(${values.map((value) => value.replaceAll(":", "\\:")).join(" ")})`;
}

function zshQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A script for fish. */
export function fishScript(commands: readonly CliCommand[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  const general = GENERAL.map((word) =>
    word.startsWith("--") ? `-l ${word.slice(2)}` : `-a ${word}`
  );
  return `# Completes "wal" in fish.
complete -c wal -f
function __wal_command
  set -l words (commandline -opc)
  test (count $words) -gt 1; and test $words[2] = $argv[1]
end
function __wal_start
  test (count (commandline -opc)) -eq 1
end
${general.map((word) => `complete -c wal -n __wal_start ${word}`).join("\n")}
complete -c wal -n "__wal_command help" -a "${names}"
${commands.flatMap(fishLines).join("\n")}
`;
}

function fishLines(command: CliCommand): string[] {
  const { name, summary, operand } = command;
  const when = `complete -c wal -n "__wal_command ${name}"`;
  const options = offeredOptions(command).map(
    ({ forms, takesValue, values }) => {
      const shown = forms.map((form) =>
        form.startsWith("--") ? `-l ${form.slice(2)}` : `-s ${form.slice(1)}`
      );
      const only = values === "file" ? "-r" : "-x";
      const value = takesValue ? ` ${only} ${fishOffer(values)}` : "";
      return `${when} ${shown.join(" ")}${value}`;
    },
  );
  return [
    `complete -c wal -n __wal_start -a ${name} -d ${fishQuote(summary)}`,
    ...options.map((line) => line.trimEnd()),
    `${when} ${fishOffer(operand)}`,
  ];
}

function fishOffer(values: Values | undefined): string {
  if (values === undefined) return "";
  if (values === "directory") return '-a "(__fish_complete_directories)"';
  if (values === "file") return "-F";
  return `-a ${fishQuote(values.join(" "))}`;
}

function fishQuote(text: string): string {
  return `'${text.replaceAll("'", "\\'")}'`;
}
