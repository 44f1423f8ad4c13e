import { join } from "node:path";
import { runChild } from "../../tests/kit/process/child.ts";
import { canTrace } from "../../tests/kit/process/strace.ts";
import { versionOf } from "../packages.ts";
import { checkSyncs, tracing } from "./check_syncs.ts";
import type { Contender } from "./contender.ts";
import { sqliteFolder } from "./contenders/better_sqlite3.ts";
import { redisVersion } from "./contenders/redis.ts";
import { commandFor, type RuntimeName } from "../process/runtime.ts";
import type { Entrant } from "./sample.ts";
import { withDirectory } from "../process/with_directory.ts";

/**
 * Lets a contender show on a few records that it runs here and that it syncs
 * before it acknowledges; one that does not run says why.
 */
export async function enter(
  contender: Contender,
  runtime: RuntimeName,
  worker: string,
  place: string,
  isTrusted = false,
): Promise<Entrant | string> {
  const missing = contender.missing?.(runtime);
  if (missing !== undefined) return missing;
  const { name, how } = contender;
  const version = versionFor(contender, runtime);
  try {
    const syncs = await withDirectory(
      place,
      (directory) => probeSyncs(name, runtime, worker, directory, isTrusted),
    );
    return { runtime, contender: name, version, how, syncs };
  } catch (error) {
    return reasonOf(error);
  }
}

async function probeSyncs(
  contender: string,
  runtime: RuntimeName,
  worker: string,
  directory: string,
  isTrusted: boolean,
): Promise<string> {
  const command = commandFor(runtime, worker, { contender, directory });
  if (isTrusted || !canTrace("contenders sync before they acknowledge")) {
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

/** The line of a crashed child's last words that names the error. */
function reasonOf(error: unknown): string {
  const [how, ...words] = String(error).split("\n").slice(1);
  return words.find((line) => /^\w*Error\b.*:/i.test(line)) ?? how;
}
