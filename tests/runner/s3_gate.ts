import { Cluster, cluster, whyNoCluster } from "../s3/cluster.ts";
import { command } from "./command.ts";
import { root } from "./files.ts";
import type { Gate, Verdict } from "./gate.ts";

/** Seconds after which no further round of chaos begins. */
const SECONDS = 45;

/**
 * The checks on a real object store, if there can be one here. The cluster takes
 * half a minute to start, so that begins while the gate before is run.
 */
export function s3Gate(): Gate {
  let early: Cluster | undefined;
  return {
    name: "s3",
    counts: "s3",
    prepare() {
      if (whyNoCluster() === "") early = new Cluster();
    },
    async run() {
      // If it could not start, the checks try again, and say why not.
      await early?.started.catch(() => {});
      try {
        return await runChecks();
      } finally {
        await early?.[Symbol.asyncDispose]();
        if (early !== undefined) await cluster("clean");
      }
    },
  };
}

async function runChecks(): Promise<Verdict> {
  const args = ["run", "-A", "--no-check", "--cached-only"];
  const { ok, output } = await command(
    Deno.execPath(),
    [...args, "tests/s3/main.ts", `${SECONDS}`],
    { cwd: root, timeoutMs: 300_000 },
  );
  let [passed, failed] = [0, 0];
  for (const [, some, others] of output.matchAll(COUNTS)) {
    passed += Number(some);
    failed += Number(others);
  }
  return { passed, failed: ok ? failed : Math.max(failed, 1), output };
}

const COUNTS = /^(\d+) passed, (\d+) failed$/gm;
