import type { CliCommand, Values } from "../command.ts";
import { GENERAL, offeredOptions } from "./words.ts";

/** A script for zsh. */
export function zshScript(commands: readonly CliCommand[]): string {
  const descriptions = commands.map(({ name, summary }) =>
    `    ${quote(`${name}:${summary}`)}`
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
${commands.map(commandCase).join("\n")}
  esac
}
if [[ $funcstack[1] == _wal ]]; then _wal "$@"; else compdef _wal wal; fi
`;
}

function commandCase(command: CliCommand): string {
  const options = offeredOptions(command).flatMap((option) =>
    option.forms.map((form) => {
      const value = option.takesValue ? `:value:${offer(option.values)}` : "";
      // A long form may have its value after = as well.
      const mark = option.takesValue && form.startsWith("--") ? "=" : "";
      return quote(`*${form}${mark}${value}`);
    })
  );
  const operand = quote(`1:argument:${offer(command.operand)}`);
  return `    ${command.name}) _arguments ${options.join(" ")} ${operand} ;;`;
}

function offer(values: Values | undefined): string {
  if (values === undefined) return "";
  if (values === "directory") return "_files -/";
  if (values === "file") return "_files";
  return `(${values.map((value) => value.replaceAll(":", "\\:")).join(" ")})`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
