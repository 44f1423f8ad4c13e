/**
 * Starts the cluster of cluster.sh, runs check_cluster.ts on Deno, Node and Bun,
 * kills a gateway and a disk's daemon under load, and stops it all.
 *
 * @module
 */
import { build, stop } from "esbuild";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { buildDir, root } from "../runner/files.ts";

const CLUSTER = join(root, "tests/s3/cluster.sh");
const CHECK = "tests/s3/check_cluster.ts";

/** What cluster.sh starts, and Debian's packages that have it. */
const PROGRAMS: Readonly<Record<string, string>> = {
  "ceph-mon": "ceph-mon",
  "ceph-osd": "ceph-osd",
  "ceph-mgr": "ceph-mgr",
  radosgw: "radosgw",
  ceph: "ceph-common",
};

/** Which daemon is killed under load, and whether it comes back meanwhile. */
const VICTIMS = ["osd.0", "rgw.1"];

async function has(program: string): Promise<boolean> {
  const args = ["-c", `command -v ${program}`];
  const { success } = await new Deno.Command("sh", { args, stdout: "null" })
    .output();
  return success;
}

async function cluster(...args: string[]): Promise<void> {
  const { success } = await new Deno.Command(CLUSTER, { args, cwd: root })
    .spawn().status;
  if (!success) throw new Error(`cluster.sh ${args.join(" ")} failed`);
}

/** Runs a program to its end; calls `onNow` when it prints "now". */
async function run(
  [program, ...args]: readonly string[],
  onNow: () => Promise<void> = () => Promise.resolve(),
): Promise<boolean> {
  const child = new Deno.Command(program, { args, cwd: root, stdout: "piped" })
    .spawn();
  const text = child.stdout.pipeThrough(new TextDecoderStream());
  let pending: Promise<void> | undefined;
  for await (const chunk of text) {
    if (chunk.includes("now\n")) pending ??= onNow();
    Deno.stdout.writeSync(new TextEncoder().encode(chunk));
  }
  await pending;
  return (await child.status).success;
}

/** What runs the checks on each runtime. Node needs JavaScript. */
async function runtimes(): Promise<Record<string, readonly string[]>> {
  const bundle = join(buildDir, "s3", "check_cluster.mjs");
  mkdirSync(join(buildDir, "s3"), { recursive: true });
  await build({
    ...{ absWorkingDir: root, entryPoints: [CHECK], outfile: bundle },
    ...{ bundle: true, platform: "node", format: "esm", target: "node20" },
    ...{ logLevel: "error", external: ["@std/assert"] },
  });
  await stop();
  return {
    Deno: [Deno.execPath(), "run", "-A", "--no-check", "--cached-only", CHECK],
    Node: ["node", bundle],
    Bun: [join(root, "node_modules/bun/bin/bun.exe"), CHECK],
  };
}

const missing: string[] = [];
for (const [program, name] of Object.entries(PROGRAMS)) {
  if (!await has(program)) missing.push(name);
}
if (missing.length > 0) {
  console.log(
    "skipped: no check ran on a real object store, because there is no " +
      `${missing.join(", ")}: apt-get install --no-install-recommends ` +
      Object.values(PROGRAMS).join(" "),
  );
  Deno.exit(0);
}

let failed = 0;
try {
  await cluster("start");
  const all = await runtimes();
  for (const [name, command] of Object.entries(all)) {
    console.log(`\n${name}`);
    if (!await run(command)) failed++;
  }
  for (const victim of VICTIMS) {
    console.log(`\nDeno, ${victim} is killed`);
    const ok = await run([...all.Deno, `${victim} is killed`], async () => {
      await cluster("kill", victim);
      await new Promise((resolve) => setTimeout(resolve, 2000));
      await cluster("revive", victim);
    });
    if (!ok) failed++;
  }
} finally {
  await cluster("stop");
}
console.log(failed === 0 ? "\nall passed" : `\n${failed} failed`);
Deno.exit(failed === 0 ? 0 : 1);
