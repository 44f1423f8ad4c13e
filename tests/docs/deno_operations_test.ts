/*
 * Goal: every command in docs/operations.md does what is said there. Method: the
 * blocks run in a shell, one after the other, on a log that this process writes
 * to at first, and damages before the section on damage. The example that
 * handles signals runs on all runtimes, and is sent them.
 */
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { fileURLToPath } from "node:url";
import { Wal } from "../../wal.ts";
import { assert, assertEquals } from "../kit/assert.ts";
import { bundleModule } from "../kit/process/bundle_module.ts";
import { Child, runChild } from "../kit/process/child.ts";
import { runtimes } from "../kit/process/runtimes.ts";
import { textsOf } from "../kit/reader_kit.ts";
import { test } from "../kit/register.ts";
import { withTempDir } from "../kit/temp_dir.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = readFileSync(`${root}docs/operations.md`, "utf8");

/** A block of code, and the section that it is in. */
interface Block {
  readonly section: string;
  readonly code: string;
}

function blocksOf(language: string): Block[] {
  return page.split("\n## ").slice(1).flatMap((text) => {
    const [section] = text.split("\n");
    const fences = text.matchAll(
      new RegExp(`^ *\`\`\`${language}\n([^]*?)\n *\`\`\`$`, "gm"),
    );
    return [...fences].map(([, code]) => ({ section, code }));
  });
}

/** `status` tells how the disk of this machine is, too. */
function installWal(bin: string): void {
  mkdirSync(bin);
  const run = `"${Deno.execPath()}" run -A --no-check "${root}cli.ts" "$@"`;
  const text = `#!/bin/sh
if [ "$1" = status ]; then ${run} || [ $? -le 2 ]; else ${run}; fi
`;
  writeFileSync(`${bin}/wal`, text);
  chmodSync(`${bin}/wal`, 0o755);
}

/** Flips a bit in the first segment. */
function damage(directory: string): void {
  const [first] = readdirSync(directory)
    .filter((name) => name.endsWith(".wal")).sort();
  const bytes = readFileSync(`${directory}/${first}`);
  bytes[300] ^= 1;
  writeFileSync(`${directory}/${first}`, bytes);
}

async function lastOf(directory: string): Promise<number> {
  const wal = await Wal.open(directory);
  const { lastLsn } = wal;
  await wal.close();
  return lastLsn;
}

test("docs/operations.md: its commands work, in order", () =>
  withTempDir(async (scratch) => {
    installWal(`${scratch}/bin`);
    const log = `${scratch}/log`;
    const wal = await Wal.open(log, { segmentBytes: 4096 });
    for (let lsn = 1; lsn <= 60; lsn++) await wal.append(`${lsn}`.padEnd(400));
    const env = { PATH: `${scratch}/bin:${Deno.env.get("PATH")}` };
    let commands = 0;
    const run = async ({ code }: Block) => {
      commands += code.match(/^ *wal /gm)?.length ?? 0;
      const script = `cd "${scratch}"\nset -euo pipefail\n${code}`;
      const { output } = await runChild(["bash", "-c", script], {
        ...{ env, timeoutMs: 60_000 },
      });
      return output;
    };
    let section = "";
    const outputs = new Map<string, string>();
    for (const block of blocksOf("sh")) {
      if (block.section !== section) {
        section = block.section;
        if (section === "A full disk") await wal.close();
        if (section === "Damage") damage(log);
      }
      const output = await run(block);
      outputs.set(section, (outputs.get(section) ?? "") + output);
    }
    assert(commands >= 19, `${commands} commands`);
    for (const copy of ["backup", "restored", "imported"]) {
      assertEquals(await lastOf(`${scratch}/${copy}`), 60, copy);
    }
    assertEquals(await lastOf(`${scratch}/earlier`), 10);
    assert(outputs.get("Damage")!.includes("damaged"));
    for (const name of readdirSync(log)) {
      assertEquals(statSync(`${log}/${name}`).mode & 0o777, 0o640, name);
    }
    const found = await Wal.open(log);
    assertEquals([found.firstLsn, found.lastLsn], [41, 60]);
    await found.close();
  }));

test("docs/operations.md: SIGTERM loses nothing that was acknowledged", () =>
  withTempDir(async (scratch) => {
    const [example] = blocksOf("ts ignore");
    const source = example.code.replace(
      '"@syncline/wal"',
      JSON.stringify(`${root}mod.ts`),
    );
    const program = `${source}
      setInterval(() => {
        for (let nth = 0; nth < 20 && !stopping; nth++) {
          wal.append("work", { ack: "memory" }).then((lsn) =>
            console.log(String(lsn)));
        }
      }, 1);`;
    writeFileSync(`${scratch}/example.ts`, program);
    const bundled = await bundleModule(
      `${scratch}/example.ts`,
      `${scratch}/example.mjs`,
    );
    await Promise.all(runtimes.map(async ({ name, command }) => {
      const log = `${scratch}/${name}`;
      await using child = new Child([...command, bundled, log]);
      for (let line = 0; line < 100; line++) await child.nextLine();
      child.kill("SIGTERM");
      const { code, output } = await child.ended;
      assertEquals(code, 0, name);
      const acked = Number(output.trim().split("\n").at(-1));
      const wal = await Wal.open(log);
      assert(wal.lastLsn >= acked && acked >= 100, `${name}: ${acked}`);
      assertEquals(new Set(await textsOf(wal)), new Set(["work"]));
      await wal.close();
    }));
  }));
