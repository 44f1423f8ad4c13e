import type { CliCommand, Values } from "../command.ts";
import { GENERAL, offeredOptions } from "./words.ts";

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
${commands.flatMap(linesOf).join("\n")}
`;
}

function linesOf(command: CliCommand): string[] {
  const { name, summary, operand } = command;
  const when = `complete -c wal -n "__wal_command ${name}"`;
  const options = offeredOptions(command).map(
    ({ forms, takesValue, values }) => {
      const shown = forms.map((form) =>
        form.startsWith("--") ? `-l ${form.slice(2)}` : `-s ${form.slice(1)}`
      );
      const value = takesValue ? ` -r ${offer(values)}` : "";
      return `${when} ${shown.join(" ")}${value}`;
    },
  );
  return [
    `complete -c wal -n __wal_start -a ${name} -d ${quote(summary)}`,
    ...options.map((line) => line.trimEnd()),
    `${when} ${offer(operand)}`,
  ];
}

function offer(values: Values | undefined): string {
  if (values === undefined) return "";
  if (values === "directory") return '-a "(__fish_complete_directories)"';
  if (values === "file") return "-F";
  return `-a ${quote(values.join(" "))}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "\\'")}'`;
}
