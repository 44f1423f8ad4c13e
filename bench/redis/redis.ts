import { mkdirSync } from "node:fs";
import {
  compact,
  markdownTable,
  millis,
} from "../../docs/figures/markdown_table.ts";
import { SeededRandom } from "../../random.ts";
import { runChild } from "../../tests/kit/process/child.ts";
import { defineExperiment, type Run } from "../experiment.ts";
import { versionOf } from "../packages.ts";
import { redisVersion } from "../peers/contenders/redis.ts";
import { canTrace, type SyncFindings } from "../peers/check_syncs.ts";
import {
  commandOf,
  describeRuntime,
  type RuntimeName,
} from "../process/runtime.ts";
import { withDirectory } from "../process/scratch.ts";
import { headerLine } from "../report/machine.ts";
import { sharedOptions } from "../report/options.ts";
import { median, shuffled, spread } from "../report/statistics.ts";
import { checkAcks } from "./check_acks.ts";
import { checkKill, type KillFindings } from "./check_kill.ts";
import { type Start, startExample, startRedis } from "./servers.ts";

interface Load {
  readonly requests: number;
  readonly connections: number;
  readonly pipeline: number;
  readonly bytes: number;
  readonly keys: number;
}

interface Setting extends Load {
  readonly rounds: number;
  readonly kills: number;
}

type ServerName = "redis" | RuntimeName;

/** What redis-benchmark measured in one round; times are in ms. */
interface Sample {
  readonly server: ServerName;
  readonly round: number;
  readonly opsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** What was found out about a server before it was measured. */
interface Checked extends KillFindings {
  readonly runtime: RuntimeName;
  /** Absent if nothing can be traced here. */
  readonly traced?: SyncFindings;
}

interface Result {
  readonly checked: readonly Checked[];
  readonly samples: readonly Sample[];
}

/** The experiment `bench:redis`. */
export const redis = defineExperiment<Setting, Result>({
  name: "redis",
  about: `Compares a Redis-protocol server on Syncline with Redis.

redis-benchmark sends SETs to Redis with "appendfsync always", and to the server
in docs/examples/resp-server/. Both sync before they reply, and both rewrite
their files when these have grown by 64 MB and doubled. First, strace checks that
each reply of the latter begins after the sync that covers it, and the server is
killed under load: no acknowledged INCR may be lost.`,
  options: {
    rounds: { ...sharedOptions.rounds, default: "9", quick: "1" },
    requests: { value: "N", help: "send N SETs", ...twice("300000", "5000") },
    connections: { value: "N", help: "on N connections", default: "50" },
    pipeline: { value: "N", help: "with N at a time on each", default: "16" },
    bytes: { value: "N", help: "with values of N bytes", default: "100" },
    keys: { value: "N", help: "to N keys at random", default: "100000" },
    kills: { value: "N", help: "kill N times", ...twice("3", "1") },
  },
  runtimes: ["node", "deno", "bun"],
  worker: "../docs/examples/resp-server/main.ts",
  read: (options) => ({
    rounds: options.number("rounds"),
    requests: options.number("requests"),
    connections: options.number("connections"),
    pipeline: options.number("pipeline"),
    bytes: options.number("bytes"),
    keys: options.number("keys"),
    kills: options.number("kills"),
  }),
  header: () => [
    headerLine("redis", redisVersion() ?? "not installed"),
    headerLine("parser", `redis-parser ${versionOf("redis-parser", "..")}`),
  ],
  async measure(run, setting) {
    if (redisVersion() === undefined) {
      run.progress.warn("SKIPPED: redis-server is not installed");
      return { checked: [], samples: [] };
    }
    const checked: Checked[] = [];
    for (const runtime of run.runtimes) {
      run.progress.step(`checking acks on ${runtime}`);
      checked.push(await check(run, runtime, setting));
    }
    return { checked, samples: await measureAll(run, setting) };
  },
  format({ checked, samples }, runtime) {
    const checks = checked.find((one) => one.runtime === runtime);
    if (checks === undefined) return "";
    const rows = [
      row(`redis ${redisVersion()}`, samples, "redis"),
      row(`Syncline, ${describeRuntime(runtime)}`, samples, runtime),
    ];
    const table = markdownTable(
      ["server", "SETs/s", "p50 ms", "p99 ms", "max ms"],
      rows,
    );
    const ratio = (of: (sample: Sample) => number) =>
      ratioOf(samples, runtime, of).toFixed(2);
    return `${describeChecks(checks)}

Medians of the rounds, and half of the range of the throughput:

${table}

Ratio to Redis in the same round, median: throughput ${
      ratio((one) => one.opsPerSecond)
    }, p50 ${ratio((one) => one.p50)}, p99 ${ratio((one) => one.p99)}.`;
  },
});

function twice(usual: string, quick: string) {
  return { default: usual, quick };
}

async function check(
  run: Run,
  runtime: RuntimeName,
  setting: Setting,
): Promise<Checked> {
  const command = commandOf(runtime, run.worker);
  const traced = canTrace()
    ? await withDirectory(
      run.directory,
      (directory) => checkAcks(command, directory),
    )
    : undefined;
  const findings: KillFindings = { acknowledged: 0, lost: 0 };
  const start = startExample(command);
  const endless = { ...setting, requests: 100_000_000 };
  for (let kill = 0; kill < setting.kills; kill++) {
    const runMs = 500 + 300 * kill;
    const { acknowledged, lost } = await withDirectory(
      run.directory,
      (directory) =>
        checkKill(start, directory, runMs, (port) => bench(port, endless)),
    );
    findings.acknowledged += acknowledged;
    findings.lost += lost;
  }
  if (traced && traced.synced < traced.acks) run.failures++;
  if (findings.lost > 0 || findings.acknowledged === 0) run.failures++;
  return { runtime, ...traced && { traced }, ...findings };
}

/** All servers run all the time; only one at a time has something to do. */
async function measureAll(run: Run, setting: Setting): Promise<Sample[]> {
  await using stack = new AsyncDisposableStack();
  const servers: [ServerName, Start][] = [
    ["redis", startRedis],
    ...run.runtimes.map((runtime): [ServerName, Start] => [
      runtime,
      startExample(commandOf(runtime, run.worker)),
    ]),
  ];
  const ports: [ServerName, number][] = [];
  for (const [name, start] of servers) {
    const directory = `${run.directory}/${name}`;
    mkdirSync(directory);
    const { port } = stack.use(await start(directory));
    run.progress.step(`warming up ${name}`);
    await bench(port, setting);
    ports.push([name, port]);
  }
  const random = new SeededRandom(1);
  const samples: Sample[] = [];
  for (let round = 1; round <= setting.rounds; round++) {
    for (const [server, port] of shuffled(ports, random)) {
      run.progress.step(`round ${round}/${setting.rounds}, ${server}`);
      samples.push({ server, round, ...await bench(port, setting) });
    }
  }
  return samples;
}

async function bench(
  port: number,
  { requests, connections, pipeline, bytes, keys }: Load,
): Promise<Omit<Sample, "server" | "round">> {
  const { output } = await runChild([
    ...["redis-benchmark", "-h", "127.0.0.1", "-p", `${port}`, "--csv"],
    ...["-t", "set", "-n", `${requests}`, "-c", `${connections}`],
    ...["-P", `${pipeline}`, "-d", `${bytes}`, "-r", `${keys}`],
  ], { timeoutMs: 300_000 });
  const [names, values] = output.trim().split("\n").slice(-2)
    .map((line) => line.split(",").map((cell) => cell.replaceAll('"', "")));
  const value = (name: string) => Number(values[names.indexOf(name)]);
  return {
    opsPerSecond: value("rps"),
    p50: value("p50_latency_ms"),
    p99: value("p99_latency_ms"),
    max: value("max_latency_ms"),
  };
}

function describeChecks({ traced, acknowledged, lost }: Checked): string {
  const acks = traced === undefined
    ? "Replies were not traced: strace cannot run here."
    : `Replies that began after their sync: ${traced.synced} of ${traced.acks}.`;
  return `${acks} INCRs acknowledged before kill -9: ${acknowledged}, of which ${lost} lost.`;
}

function row(
  name: string,
  samples: readonly Sample[],
  server: ServerName,
): string[] {
  const own = samples.filter((sample) => sample.server === server);
  const ops = own.map(({ opsPerSecond }) => opsPerSecond);
  const percent = Math.round(spread(ops) * 100);
  return [
    name,
    `${compact(median(ops))} ±${percent} %`,
    millis(median(own.map(({ p50 }) => p50))),
    millis(median(own.map(({ p99 }) => p99))),
    millis(median(own.map(({ max }) => max))),
  ];
}

function ratioOf(
  samples: readonly Sample[],
  server: ServerName,
  of: (sample: Sample) => number,
): number {
  const own = samples.filter((sample) => sample.server === server);
  return median(own.map((sample) => {
    const other = samples.find(({ server, round }) =>
      server === "redis" && round === sample.round
    )!;
    return of(sample) / of(other);
  }));
}
