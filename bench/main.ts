/**
 * Runs the experiment that the first argument names.
 *
 * @module
 */

import type { Experiment } from "./experiment.ts";
import { advice } from "./advice/advice.ts";
import { floor } from "./floor/floor.ts";
import { follow } from "./follow/follow.ts";
import { growth } from "./growth/growth.ts";
import { idle } from "./idle/idle.ts";
import { journal } from "./journal/journal.ts";
import { latency } from "./latency/latency.ts";
import { level } from "./level/level.ts";
import { levels } from "./levels/levels.ts";
import { loss } from "./loss/loss.ts";
import { lookup } from "./lookup/lookup.ts";
import { memory } from "./memory/memory.ts";
import { outbox } from "./outbox/outbox.ts";
import { peers } from "./peers/peers.ts";
import { policy } from "./policy/policy.ts";
import { port } from "./port/port.ts";
import { profile } from "./profile/profile.ts";
import { raft } from "./raft/raft.ts";
import { reader } from "./reader/reader.ts";
import { redis } from "./redis/redis.ts";
import { s3 } from "./s3/s3.ts";
import { stalls } from "./stalls/stalls.ts";
import { streams } from "./streams/streams.ts";
import { thread } from "./thread/thread.ts";

const experiments: readonly Experiment[] = [
  floor,
  peers,
  latency,
  levels,
  loss,
  growth,
  lookup,
  level,
  follow,
  memory,
  policy,
  port,
  profile,
  redis,
  s3,
  stalls,
  streams,
  thread,
  reader,
  idle,
  journal,
  advice,
  raft,
  outbox,
];

async function main([name, ...args]: readonly string[]): Promise<number> {
  const experiment = experiments.find((one) => one.name === name);
  if (experiment !== undefined) return await experiment.run(args);
  console.log("Usage: deno task bench:EXPERIMENT [options]\n\nExperiments:");
  for (const { name, summary } of experiments) {
    console.log(`  ${name.padEnd(8)}  ${summary}`);
  }
  return name === undefined || name === "--help" ? 0 : 2;
}

Deno.exit(await main(Deno.args));
