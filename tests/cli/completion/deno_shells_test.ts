import { mkdirSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { wal } from "../../kit/run_tool.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

/** What a shell must offer for words; the last one is being typed. */
const CASES: [string, string[]][] = [
  ["wal st", ["status"]],
  ["wal help ver", ["verify"]],
  ["wal completion z", ["zsh"]],
  ["wal append --ack ", ["disk", "memory", "os"]],
  ["wal cat --la", ["--last"]],
  ["wal truncate --hold", ["--hold", "--hold-limit"]],
  ["wal status dir", ["directory"]],
  ["wal lab fi", ["file"]],
];

const END = "--end--";

/**
 * How a shell is asked: a program that prints what it offers for each line, one
 * word a line, and then {@linkcode END}.
 */
const SHELLS: Record<string, (lines: string[]) => string[]> = {
  bash: (lines) => [
    ...["bash", "--norc", "-c"],
    "source .script; " +
    lines.map((line) =>
      `COMP_WORDS=(${line.replace(/ $/, ' ""')}); ` +
      "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _wal; " +
      `printf "%s\\n" "\${COMPREPLY[@]}" ${END}; `
    ).join(""),
  ],
  fish: (lines) => [
    ...["fish", "--no-config", "-c"],
    "source .script; " +
    lines.map((line) => `complete -C "${line}"; echo ${END}; `).join(""),
  ],
  // In a terminal; a key completes, and writes down what would be offered.
  zsh: (lines) => [
    ...["zsh", "-f", "-c"],
    "zmodload zsh/zpty; zpty z zsh -f -i; zpty -w z '" + [
      "PS1=; autoload compinit; compinit -u -D; source .script; list-them() {",
      'compadd() { [[ " $* " == *" -"[ADO]" "* ]] || { ',
      'builtin compadd -A found "$@"; print -rl -- $found >> .out };',
      `builtin compadd "$@" }; _main_complete; echo ${END} >> .out };`,
      'zle -C list-them list-choices list-them; bindkey "^T" list-them;',
      "print ready'; zpty -r z line '*ready*ready*'; ",
    ].join(" ") +
    lines.map((line, index) =>
      `zpty -n -w z $'${line}\\C-t'; for i in {1..1000}; do ` +
      `(( $(grep -c -- ${END} .out 2>/dev/null) > ${index} )) && break; ` +
      "sleep 0.01; done; zpty -n -w z $'\\C-u'; "
    ).join("") + "zpty -d z; cat .out",
  ],
};

for (const [shell, ask] of Object.entries(SHELLS)) {
  const isThere = spawnSync(shell, ["--version"]).status === 0;
  test(`completion works in ${shell}, if that is installed`, () =>
    withTempDir(async (dir) => {
      if (!isThere) return;
      const { stdout } = await wal(["completion", shell]);
      writeFileSync(join(dir, ".script"), stdout);
      mkdirSync(join(dir, "directory"));
      writeFileSync(join(dir, "file"), "");
      const [program, ...args] = ask(CASES.map(([line]) => line));
      const run = spawnSync(program, args, { cwd: dir, encoding: "utf8" });
      const offers = run.stdout.split(`${END}\n`).map((words) =>
        words.split("\n").filter(Boolean)
          // What follows a tab describes the word.
          .map((word) => word.replace(/\/?(\t.*)?$/, "")).sort()
      );
      for (const [index, [line, expected]] of CASES.entries()) {
        assertEquals([...new Set(offers[index])], expected, line + run.stderr);
      }
    }));
}
