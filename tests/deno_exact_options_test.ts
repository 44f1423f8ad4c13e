/*
 * Goal: a program that is compiled with `exactOptionalPropertyTypes` may hand
 * on options that it was not given. Method: such a program is checked.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assertEquals } from "./kit/assert.ts";
import { test } from "./kit/register.ts";
import { withTempDir } from "./kit/temp_dir.ts";
import { command } from "./runner/command.ts";

const consumer = (library: string) => `
import {
  AdaptivePolicy, AgePolicy, type BatchPolicy, BytesPolicy, CountPolicy,
  DenoStorage, json, LeaderCommitPolicy, MemoryStorage, NodeStorage,
  type RecordBatch, salvageLog, Wal,
} from "${library}/mod.ts";
import { constantCosts, type SimulateOptions } from "${library}/simulator/mod.ts";
import type {
  ExploreOptions, FrameLogLawsOptions, PolicyLawsOptions,
} from "${library}/testing/mod.ts";

const u = undefined;
// @ts-expect-error Otherwise the option under test is off.
export const exact: { a?: number } = { a: u };
const wal = await Wal.open("x", {
  policy: u, segmentBytes: u, maxQueuedBytes: u, maxQueuedRecords: u,
  maxWaitingBytes: u, maxWaitingRecords: u, recovery: u, storage: u, codec: u,
  synchronous: u, syncIntervalMs: u, takeOver: u, warn: u, trace: u, clock: u,
});
await Wal.open("x", { trace: { write() {}, maxBytes: u } });
await Wal.open("x", { retention: u, archive: u, autoCheckpoint: u });
const write = () => "";
await wal.configure({
  retention: { ms: 1, bytes: u, graceMs: u, everyMs: u },
  autoCheckpoint: { ms: 1, write, keep: u },
});
await wal.append("x", { ack: u, expect: u, signal: u });
await wal.appendBatch(["x"], { ack: u, expect: u, signal: u });
wal.enqueue("x", { ack: u });
await wal.settled(1, u, { signal: u });
await wal.flush({ signal: u });
wal.writable({ ack: u, signal: u });
json<string>({ schema: u });
for await (const { data } of wal.read({ from: u, to: u })) new Blob([data]);
for await (const batch of wal.readBatches({ from: u, to: u })) {
  const { records }: RecordBatch = { ...batch, lost: u };
  const first: Uint8Array<ArrayBuffer> | undefined = records.at(0);
  new Blob([...records, first ?? ""]);
}
const limits = { records: u, bytes: u };
export const policies: BatchPolicy[] = [
  { limits, whenIdle: u, due: () => 0 },
  { limits: u, due: () => 0 },
  new CountPolicy({ records: u, whenIdle: u }),
  new BytesPolicy({ bytes: u, whenIdle: u }),
  new AgePolicy({ ms: u }),
  new LeaderCommitPolicy({ windowMs: u, minSiblings: u, maxRecords: u }),
  new AdaptivePolicy({ ladder: u, goal: u }),
];
new DenoStorage("x", { io: u });
new NodeStorage("x", { io: u });
const options = { onCall: u, fileSystem: u, sectorBytes: u, seed: u };
await salvageLog(new MemoryStorage(options), { lock: u });
constantCosts({ syncMs: 1, writeMs: u, writeMsPerMiB: u });
export const simulated: SimulateOptions = {
  maxQueuedBytes: u, maxQueuedRecords: u, onFlush: u,
};
export const explored: ExploreOptions = { seed: u, bound: u, replay: u };
export const laws: PolicyLawsOptions = { seed: u, maxWaitMs: u };
export const logLaws: FrameLogLawsOptions = { seed: u };
`;

test("options may be undefined under exactOptionalPropertyTypes", async () => {
  await withTempDir(async (dir) => {
    const config = join(dir, "deno.json");
    const program = join(dir, "consumer", "main.ts");
    mkdirSync(join(dir, "consumer"));
    const compilerOptions = { strict: true, exactOptionalPropertyTypes: true };
    writeFileSync(config, JSON.stringify({ compilerOptions }));
    writeFileSync(
      program,
      consumer(new URL("..", import.meta.url).href.slice(0, -1)),
    );
    const { output } = await command(
      Deno.execPath(),
      ["check", "--cached-only", `--config=${config}`, program],
      { cwd: dir, timeoutMs: 120_000 },
    );
    // How the library itself is compiled is not its users' concern.
    const errors = output.split("\n").filter((line) =>
      line.includes("consumer/main.ts:") || line.includes("Unable to load")
    );
    assertEquals(errors, [], output);
  });
});
