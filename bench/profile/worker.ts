/**
 * The process in which a contender is profiled.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { cases } from "../peers/case.ts";
import { contenders } from "../peers/contenders.ts";
import { makeLoad } from "../peers/measure.ts";
import { LatencyLog, Stopwatch } from "../peers/stopwatch.ts";
import type { PeersJob } from "../peers/worker.ts";
import { answerJob } from "../process/worker.ts";

/** What was found. */
export interface ProfileFound {
  /** The largest first. */
  readonly selfTimes: readonly SelfTime[];
}

/** More functions than anybody reads. */
const FUNCTIONS = 200;

/** The part of a V8 CPU profile that is read here. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
    };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** A function and its share of the time, without the functions it calls. */
export interface SelfTime {
  readonly name: string;
  readonly share: number;
  /** Share of the time that is neither a sync nor idle; 0 for those two. */
  readonly shareOfRest: number;
}

/** Waiting for the disk or idle, which depends on who else is busy. */
const WAITING = /^(op_fs_file_sync|op_node_fs_fd|f(data)?sync\b|\(idle\))/;

/** The profiler's own work, which is left out. */
const PROFILER = /^(dispatch|post inspector\.js|post node:inspector)$/;

/**
 * Functions by self time, the largest first. `bundle` is the text of the module
 * that ran; comments in it name the source file of each part.
 */
function selfTimes(
  { nodes, samples, timeDeltas }: CpuProfile,
  bundle: string,
): SelfTime[] {
  const sources = sourcesOf(bundle);
  const names = new Map(nodes.map(({ id, callFrame }) => {
    const { functionName, url, lineNumber } = callFrame;
    const file = url.endsWith(".mjs")
      ? sources[lineNumber] ?? basename(url)
      : basename(url);
    return [id, `${functionName || "(anonymous)"} ${file}`.trim()];
  }));
  const times = new Map<string, number>();
  let total = 0;
  for (const [index, id] of samples.entries()) {
    const name = names.get(id)!;
    if (PROFILER.test(name)) continue;
    const time = timeDeltas[index];
    times.set(name, (times.get(name) ?? 0) + time);
    total += time;
  }
  const waited = [...times].filter(([name]) => WAITING.test(name))
    .reduce((sum, [, time]) => sum + time, 0);
  return [...times].map(([name, time]) => ({
    name,
    share: time / total,
    shareOfRest: WAITING.test(name) ? 0 : time / (total - waited),
  })).sort((one, other) => other.share - one.share);
}

/** The source file of each line: esbuild names it in a comment above. */
function sourcesOf(bundle: string): string[] {
  let source = "";
  return bundle.split("\n").map((line) => {
    source = /^\/\/ (\S+\.ts)$/.exec(line)?.[1].replace(/^(\.\.\/)+/, "") ??
      source;
    return source;
  });
}

await answerJob<PeersJob>(async (job): Promise<ProfileFound> => {
  const situation = cases.find(({ name }) => name === job.situation)!;
  const { open } = contenders.find(({ name }) => name === job.contender)!;
  const store = await open(job.directory);
  const load = makeLoad(store, situation);
  const latencies = new LatencyLog(0);
  await load(new Stopwatch(0, job.warmSeconds, latencies));
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.start");
  await load(new Stopwatch(0, job.seconds, latencies));
  const { profile } = await session.post("Profiler.stop");
  await store.close();
  const bundle = readFileSync(fileURLToPath(import.meta.url), "utf8");
  const rows = selfTimes(profile as CpuProfile, bundle);
  return { selfTimes: rows.slice(0, FUNCTIONS) };
});
