import { join } from "node:path";
import { runChild } from "../../tests/kit/process/child.ts";
import type { Run } from "../experiment.ts";
import { versionOf } from "../packages.ts";
import { commandFor, type RuntimeName } from "../process/runtime.ts";
import { withDirectory } from "../process/scratch.ts";
import { checkSyncs, tracing } from "./check_syncs.ts";
import type { Contender } from "./contender.ts";
import { redisVersion } from "./contenders/redis.ts";
import { sqliteFolder } from "./contenders/sqlite.ts";
import type { Entrant } from "./sample.ts";

/**
 * Makes a contender show with a few records that it runs here and, if it is
 * traced, that it syncs before it acknowledges. Returns the reason if it does
 * not run.
 */
export async function admit(
  run: Run,
  contender: Contender,
  runtime: RuntimeName,
  isTraced: boolean,
): Promise<Entrant | string> {
  const missing = contender.missing?.(runtime);
  if (missing !== undefined) return missing;
  const { name, how } = contender;
  const version = versionFor(contender, runtime);
  try {
    const syncs = await withDirectory(run.directory, (directory) => {
      const job = { contender: name, directory };
      const command = commandFor(runtime, run.worker, job);
      return probeSyncs(command, directory, isTraced);
    });
    return { runtime, contender: name, version, how, syncs };
  } catch (error) {
    return reasonOf(error);
  }
}

async function probeSyncs(
  command: readonly string[],
  directory: string,
  isTraced: boolean,
): Promise<string> {
  if (!isTraced) {
    await runChild(command);
    return "not checked";
  }
  const trace = join(directory, "trace");
  await runChild(tracing(command, trace), { timeoutMs: 60_000 });
  const { acks, synced } = checkSyncs(trace, directory);
  if (acks === 0) throw new Error("the trace shows no ack");
  if (synced === acks) return "yes";
  return synced === 0 ? "no" : `${synced} of ${acks}`;
}

function versionFor(contender: Contender, runtime: RuntimeName): string {
  if (contender.name.startsWith("redis")) return redisVersion() ?? "";
  return (contender.packages ?? []).map((name) => {
    const folder = name === "better-sqlite3" ? sqliteFolder(runtime) : ".";
    return `${name} ${versionOf(name, folder)}`;
  }).join(", ");
}

/** The line of a crashed child's output that names the error. */
function reasonOf(error: unknown): string {
  const [how, ...words] = String(error).split("\n").slice(1);
  return words.find((line) => /^\w*Error\b.*:/i.test(line)) ?? how;
}
