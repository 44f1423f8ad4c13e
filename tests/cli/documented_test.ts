import { readFileSync } from "node:fs";
import { COMMANDS } from "../../cli/commands.ts";
import { Wal } from "../../wal.ts";
import { assertEquals, assertStringIncludes } from "../kit/assert.ts";
import { test } from "../kit/register.ts";
import { input, wal } from "../kit/run_tool.ts";
import { withTempDir } from "../kit/temp_dir.ts";

const document = readFileSync(
  new URL("../../docs/cli.md", import.meta.url),
  "utf8",
);

/** The text below a heading that names a command. */
function sectionOf(name: string): string {
  const sections = document.split(/^#{2,3} /m);
  const found = sections.find((section) =>
    section.slice(0, section.indexOf("\n")).split(/ |, /).includes(name)
  );
  return found ?? "";
}

/** All names in a value, at any depth. */
function namesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(namesIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [
    name,
    ...namesIn(inner),
  ]);
}

test("docs/cli.md lists every command, in the order of the help", () => {
  const rows = [...document.matchAll(/^\| `([a-z]+) [A-Z ]+`/gm)];
  assertEquals(
    rows.map(([, name]) => name),
    COMMANDS.map(({ name }) => name),
  );
});

test("docs/cli.md names only options that there are", () => {
  const known = new Set(
    COMMANDS.flatMap(({ options }) => Object.keys(options)),
  );
  for (const word of ["help", "version", "critical-"]) known.add(word);
  // Of other programs.
  for (const word of ["allow-read", "allow-write", "allow-sys"]) {
    known.add(word);
  }
  for (const word of ["allow-run", "global"]) known.add(word);
  const named = [...document.matchAll(/(?<![\w-])--([a-z][\w-]*)/g)];
  const unknown = named.map(([, name]) => name).filter((one) =>
    !known.has(one)
  );
  assertEquals(unknown, []);
});

test("docs/cli.md lists every name that --json prints", () =>
  withTempDir(async (dir) => {
    const lines = input('{"lsn":3,"text":"a"}\n{"lsn":4,"text":"b"}\n');
    const runs: [string, string[]][] = [
      ["import", []],
      ["append", []],
      ["status", ["--warn-bytes", "1"]],
      ["truncate", ["--before", "4"]],
      ["truncate", ["--before", "4", "--dry-run"]],
      ["verify", []],
      ["inspect", []],
      ["repair", []],
      ["backup", [`${dir}/user-backup`]],
      ["restore", [`${dir}/user-restored`]],
    ];
    for (const [name, args] of runs) {
      const stdin = name === "import" ? lines : input("c\n");
      const run = await wal([name, dir, "--json", ...args], { stdin });
      for (const found of namesIn(JSON.parse(`${run.stdout}`))) {
        assertStringIncludes(sectionOf(name), `\`${found}\``, name);
      }
      if (name !== "append") continue;
      const log = await Wal.open(dir);
      await log.cursor("one");
      await log.checkpoint(() => "a state");
      await log.close();
    }
  }));
