import { eitherOf } from "../../argument.ts";
import {
  type CliCommand,
  onlyArgument,
  parseArguments,
  refusal,
} from "../command.ts";
import { EXIT, writeLine } from "../io/cli_io.ts";
import { bashScript, fishScript, zshScript } from "./shell_scripts.ts";

/** By shell: the script that completes the commands. */
const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

type Shell = keyof typeof SCRIPTS;

const SHELLS = Object.keys(SCRIPTS) as Shell[];

const HELP = `Usage: wal completion SHELL

Prints a script that completes commands, options and their values after "wal".
SHELL is bash, zsh or fish. Set it up with one of these:

  bash   source <(wal completion bash)               in ~/.bashrc
  zsh    source <(wal completion zsh)                in ~/.zshrc, after compinit
  fish   wal completion fish > ~/.config/fish/completions/wal.fish`;

/** `wal completion`, for `others` and for itself. */
export function completionOf(
  others: readonly CliCommand[],
): CliCommand<Shell> {
  const completion: CliCommand<Shell> = {
    name: "completion",
    summary: "print a script that completes commands in a shell",
    help: HELP,
    operand: SHELLS,
    options: {},
    parse(args) {
      const { positionals } = parseArguments(args, {});
      const shell = onlyArgument("completion", "shell", positionals);
      const known = SHELLS.find((name) => name === shell);
      if (known !== undefined) return known;
      throw refusal("the shell", eitherOf(SHELLS), shell);
    },
    async run(shell, { stdout }) {
      const script = SCRIPTS[shell]([...others, completion]);
      await writeLine(stdout, script.trimEnd());
      return EXIT.ok;
    },
  };
  return completion;
}
