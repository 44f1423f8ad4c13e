import { COMMANDS } from "../../../cli/commands.ts";
import { offeredOptions } from "../../../cli/completion/shell_scripts.ts";
import { assertEquals, assertStringIncludes } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { wal } from "../../kit/run_tool.ts";

/** The options at the beginning of lines of a help text. */
function optionsIn(help: string): string[] {
  return [...help.matchAll(/^ {2}(--[a-z][\w-]*)/gm)].map(([, name]) => name);
}

test("each option is in the help of its command, once, and no other", () => {
  for (const { name, help, options } of COMMANDS) {
    const known = Object.keys(options).map((option) => `--${option}`);
    assertEquals(optionsIn(help).sort(), known.sort(), name);
    for (const [option, { short }] of Object.entries(options)) {
      if (short === undefined) continue;
      assertStringIncludes(help, `--${option}, -${short} `);
    }
  }
});

test("each command with --json says so, and the others print no data", () => {
  const without = COMMANDS.filter(({ options }) => !("json" in options));
  assertEquals(without.map(({ name }) => name), ["completion"]);
});

test("completion prints a script with every command and option", async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, stdout } = await wal(["completion", shell]);
    assertEquals(code, 0);
    for (const command of COMMANDS) {
      assertStringIncludes(`${stdout}`, command.name);
      for (const { forms: [long] } of offeredOptions(command)) {
        const word = shell === "fish" ? `-l ${long.slice(2)}` : long;
        assertStringIncludes(`${stdout}`, word, command.name);
      }
    }
  }
  const bad = await wal(["completion", "tcsh"]);
  assertEquals(bad.code, 2);
  assertStringIncludes(bad.stderr, "the shell must be bash, zsh or fish");
});
