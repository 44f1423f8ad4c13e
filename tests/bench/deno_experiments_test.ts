import { assert, assertEquals } from "../kit/assert.ts";
import { runChild } from "../kit/process/child.ts";
import { test as register } from "../kit/register.ts";

/** Experiments measure the sources, so the package needs no test of them. */
function test(name: string, body: () => Promise<void>): void {
  if (Deno.env.get("SYNCLINE_INSTALLED") === undefined) register(name, body);
  else console.log(`skipped: ${name}: it measures the sources`);
}

/** Runs an experiment in its smallest setting. */
async function run(name: string, ...args: string[]) {
  const { output } = await runChild([
    ...[Deno.execPath(), "run", "-A", "bench/main.ts", name],
    ...["--quick", "--json", "--runtime", "deno", ...args],
  ], { timeoutMs: 120_000 });
  return JSON.parse(output);
}

const few = ["--only", "floor: overwrite", "--only", "syncline"];

test("bench:floor measures two checkouts in turns", async () => {
  const [name, twin] = ["Syncline", "Syncline (.)"];
  const args = ["--case", "b64", "--library", ".", "--only", "syncline"];
  const { experiment, samples } = await run("floor", ...args);
  assertEquals(experiment, "floor");
  const [{ turnsOf }] = samples;
  for (const contender of ["floor: overwrite zeros", name, twin]) {
    const turns = turnsOf.find((one: { contender: string }) =>
      one.contender === contender
    );
    assertEquals(turns.groupUs.length, 3);
    assert(turns.groupUs.every((us: number) => us > 0));
  }
});

test("bench:peers measures contenders that sync before they acknowledge", async () => {
  const { entrants, samples } = await run("peers", "--case", "b64", ...few);
  assertEquals(entrants.length, 5);
  for (const { syncs } of entrants) assert(/yes|not checked/.test(syncs));
  assertEquals(samples.length, 5);
  for (const sample of samples) assert(sample.opsPerSecond > 0);
});

test("bench:latency measures a policy by its notation", async () => {
  const { samples } = await run("latency", "--policy", "count:4,age:1");
  assertEquals(samples.length, 1);
  assertEquals(samples[0].setup, "count:4,age:1");
  assertEquals(samples[0].latencies.length, 4);
});

test("bench:levels measures levels in each place, and no log", async () => {
  const args = ["--only", "normal, os"];
  const { samples } = await run("levels", ...args);
  const names = samples.map(({ level }: { level: string }) => level);
  assertEquals(new Set(names), new Set(["normal, os", "no log"]));
  for (const { callersPerSecond, batchedPerSecond, latencies } of samples) {
    assert(callersPerSecond > 0 && batchedPerSecond > 0);
    assertEquals(latencies.length, 3);
  }
});

test("bench:loss kills processes, which lose nothing they must not", async () => {
  const args = ["--kills", "1", "--only", "off", "--life", "0.2"];
  const { samples } = await run("loss", ...args);
  const levels = samples.map(({ level }: { level: string }) => level);
  assertEquals(
    new Set(levels),
    new Set(["off, disk", "off, os", "off, memory"]),
  );
  for (const { level, acked, killed, powerLoss } of samples) {
    assert(acked > 0);
    if (level !== "off, memory") assertEquals(killed.records, 0);
    assertEquals(powerLoss.records > 0, level !== "off, disk");
  }
});

test("bench:thread measures every setup on every occasion", async () => {
  const args = ["--seconds", "0.05", "--sync", "5", "--opens", "1"];
  const { samples } = await run("thread", ...args);
  const figures = (occasion: string, setup: string) =>
    samples.find((sample: { occasion: string; setup: string }) =>
      sample.occasion === occasion && sample.setup === setup
    ).figures;
  assert(figures("slow syncs", "inline").longestDelayMs >= 4);
  assert(figures("slow syncs", "thread").ackP50Ms >= 5);
  assert(figures("bursts", "pool").recordsPerSecond > 0);
  assert(figures("steady", "inline").ackP50Ms > 0);
  assert(figures("idle", "inline").processShare < 1);
  assertEquals(figures("queued", "inline").queued, 1000);
  assert(figures("open and close", "pool").openMs > 0);
});

test("bench:growth measures growth and overload", async () => {
  const args = ["--bound", "1"];
  const { curves, overloads } = await run("growth", ...args);
  assertEquals(curves[0].points.length, 1);
  assertEquals(overloads.length, 3);
});

test("bench:lookup measures gets in frames of each shape", async () => {
  const { samples } = await run("lookup", "--megabytes", "1");
  assertEquals(samples.length, 3);
  for (const { times, records } of samples) {
    assertEquals(times.length, 7);
    for (const { p50Us } of times) assert(p50Us > 0);
    assert(records > 0);
  }
});

test("bench:level measures each use of a database", async () => {
  const { samples } = await run("level", "--only", "durable-level, disk");
  assertEquals(samples.length, 1);
  const [{ putsPerSecond, batchedPerSecond, ...rest }] = samples;
  assert(putsPerSecond > 0 && batchedPerSecond > putsPerSecond / 100);
  assert(rest.getsPerSecond > 0 && rest.iteratedPerSecond > 0);
  assert(rest.openMs > 0);
});

test("bench:follow measures what followers cost", async () => {
  const { samples } = await run("follow", "--megabytes", "1");
  assertEquals(samples.length, 1);
  const [{ rates, lastUs, records }] = samples;
  assertEquals(rates.length, 6);
  for (const { opsPerSecond } of rates) assert(opsPerSecond > 0);
  assert(lastUs.p50 > 0 && records > 0);
});

test("bench:memory measures what a call allocates", async () => {
  const { samples } = await run("memory", "--only", "append");
  assertEquals(samples.length, 1);
  assert(samples[0].allocated > 0);
});

test("bench:idle measures the CPU time of logs that do nothing", async () => {
  const { samples } = await run("idle");
  assertEquals(samples.length, 4);
  for (const { cpu } of samples) assert(cpu > 0);
});

test("bench:journal measures journals and lines", async () => {
  const [{ rates, sessionsMs, lastMs }] = (await run("journal")).samples;
  assertEquals(rates.length, 4);
  for (const { perSecond } of rates) assert(perSecond[0] > 0);
  assert(sessionsMs.create > 0 && sessionsMs.open > 0 && sessionsMs.list > 0);
  for (const { first, again } of lastMs) assert(first > 0 && again > 0);
});

test("bench:profile lists functions", async () => {
  const { samples } = await run("profile", "--seconds", "0.3");
  assert(samples[0].selfTimes.length > 0);
});

test("bench:redis traces, kills and measures a server", async () => {
  const { experiment, checked, samples } = await run("redis");
  assertEquals(experiment, "redis");
  if (checked.length === 0) {
    return console.log("skipped: Redis or redis-parser is not installed");
  }
  const [{ traced, acknowledged, lost }] = checked;
  if (traced) assertEquals([traced.acks, traced.synced], [400, 400]);
  assert(acknowledged > 0);
  assertEquals(lost, 0);
  assertEquals(samples.length, 2);
  for (const sample of samples) assert(sample.opsPerSecond > 0);
});

test("bench:policy measures what each policy takes per flush", async () => {
  const { samples } = await run("policy");
  for (const { flushUs, p99Us } of samples) {
    assert(flushUs >= 0 && p99Us > 0);
  }
});

test("bench:stalls measures the gaps of a timer, and what is read", async () => {
  const { samples } = await run("stalls");
  assertEquals(samples.length, 8);
  for (const { longestMs, p999Ms } of samples) assert(longestMs >= p999Ms);
  const [{ bytesPerSecond }] = samples.filter(
    ({ occasion }: { occasion: string }) => occasion === "read small frames",
  );
  assert(bytesPerSecond > 0);
});

test("bench:reader measures a follower's delay and CPU time", async () => {
  const { samples } = await run("reader");
  assertEquals(samples.length, 10);
  for (const { occasion, records, p50Ms, cpu } of samples) {
    assertEquals(records > 0 && p50Ms >= 0, !occasion.startsWith("idle"));
    assert(cpu >= 0 && cpu < 1);
  }
});

test("bench:advice tries the recommended policy and all others", async () => {
  const { samples } = await run("advice", "--only", "4 callers");
  assertEquals(samples.length, 2);
  for (const { choice, alike, tried } of samples) {
    const names = tried.map(({ policy }: { policy: string }) => policy);
    assert(names.includes(choice) && alike.includes(choice));
    for (const { meanMs } of tried) assert(meanMs[0] > 0);
  }
});

test("bench:raft compares the Raft log with a plain one", async () => {
  const { samples } = await run("raft");
  assertEquals(samples.length, 4);
  for (const { ratio, p50Ms } of samples) assert(ratio > 0 && p50Ms > 0);
});

test("bench:outbox measures transfers and deliveries", async () => {
  const { samples: [{ cases }] } = await run("outbox");
  assertEquals(cases.length, 5);
  for (const { perSecond } of cases) assert(perSecond > 0);
});
