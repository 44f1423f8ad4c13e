import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "../runner/files.ts";

const SCRIPT = join(root, "tests/s3/cluster.sh");

/** What can be killed. The manager is needed by nobody for a while. */
export const DAEMONS = {
  monitor: ["mon.a", "mon.b", "mon.c"],
  OSD: ["osd.0", "osd.1", "osd.2"],
  gateway: ["rgw.1", "rgw.2"],
} as const;

/** Why there can be no cluster here; empty if there can. */
export function whyNoCluster(): string {
  const { stdout } = spawnSync(SCRIPT, ["check"], { encoding: "utf8" });
  return stdout.trim();
}

/** Calls cluster.sh; rejects if it fails. */
export async function cluster(...args: string[]): Promise<void> {
  const child = spawn(SCRIPT, args, {
    cwd: root,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (data) => errors += data);
  const code = await new Promise((resolve, reject) =>
    child.once("error", reject).once("close", resolve)
  );
  if (code === 0) return;
  throw new Error(`cluster.sh ${args.join(" ")} failed: ${errors}`);
}

/** A cluster that runs until it is disposed of, or this process ends. */
export class Cluster implements AsyncDisposable {
  /** Resolves once it can be used. */
  readonly started: Promise<void>;
  readonly #guard: ChildProcess;

  /** Begins to start it. */
  constructor() {
    // In a session of its own, so that Ctrl-C does not end it: its input ends
    // with this process, however that ends.
    this.#guard = spawn("sh", ["-c", 'cat; exec "$0" stop', SCRIPT], {
      ...{ cwd: root, detached: true, stdio: ["pipe", "ignore", "ignore"] },
    });
    this.started = cluster("start");
    this.started.catch(() => {});
  }

  /** Stops it, even if it has not started yet. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.started.catch(() => {});
    const stopped = new Promise((resolve) =>
      this.#guard.once("close", resolve)
    );
    this.#guard.stdin!.end();
    await stopped;
  }
}
