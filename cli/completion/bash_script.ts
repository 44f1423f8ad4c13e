import type { CliCommand, Values } from "../command.ts";
import { GENERAL, offeredOptions } from "./words.ts";

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
${commands.flatMap(valueCases).join("\n")}
  esac
  case "\${COMP_WORDS[1]}" in
${commands.map(commandCase).join("\n")}
  esac
}
complete -F _wal wal
`;
}

/** One case for each option of a command that takes a value. */
function valueCases(command: CliCommand): string[] {
  return offeredOptions(command).filter(({ takesValue }) => takesValue)
    .map(({ forms, values }) => {
      const patterns = forms.map((form) => `"${command.name} ${form}"`);
      return `    ${patterns.join("|")}) ${offer(values)}return ;;`;
    });
}

/** Offers the options after a dash, else the operand. */
function commandCase(command: CliCommand): string {
  const forms = offeredOptions(command).flatMap(({ forms }) => forms);
  return `    ${command.name})
      if [[ $word == -* ]]; then ${offer(forms)}
      else ${offer(command.operand)}fi ;;`;
}

function offer(values: Values | undefined): string {
  if (values === undefined) return "";
  if (typeof values !== "string") {
    return `COMPREPLY=($(compgen -W "${values.join(" ")}" -- "$word")); `;
  }
  const kind = values === "directory" ? "-d" : "-f";
  return "compopt -o filenames 2>/dev/null; " +
    `mapfile -t COMPREPLY < <(compgen ${kind} -- "$word"); `;
}
