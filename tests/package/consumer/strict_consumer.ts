/*
 * A program that is compiled against the installed package, as strictly as
 * TypeScript can, by old and new versions of it. Nobody runs it.
 */
import {
  AdaptivePolicy,
  AgePolicy,
  anyOf,
  type BatchPolicy,
  BytesPolicy,
  CorruptLogError,
  CountPolicy,
  DenoStorage,
  type FollowedRecord,
  LeaderCommitPolicy,
  LogFailedError,
  type LogIterator,
  type LogRecord,
  MemoryStorage,
  NodeStorage,
  salvageLog,
  Wal,
  type WalOptions,
  type WalTarget,
} from "@syncline/wal";
import {
  type Codec,
  DecodeError,
  json,
  type StandardSchema,
} from "@syncline/wal/codec";
import { type MeterLike, observeLog } from "@syncline/wal/opentelemetry";
import type { PendingBatch } from "@syncline/wal/policies";
import { openPort, WalPort } from "@syncline/wal/port";
import { decideTail } from "@syncline/wal/recovery";
import {
  constantCosts,
  loadTrace,
  poissonArrivals,
  sampledCosts,
  simulate,
} from "@syncline/wal/simulator";
import type { Storage } from "@syncline/wal/storage";
import { certify, type S3Options, S3Store } from "@syncline/wal/storage/s3";
import {
  explore,
  frameLogLaws,
  type FrameLogPlace,
  policyLaws,
  storageContract,
} from "@syncline/wal/testing";
import { readTrace, type TraceEvent } from "@syncline/wal/trace";

const options: WalOptions = { policy: undefined, segmentBytes: undefined };
const target: WalTarget = new URL("file:///tmp/log");
await using wal = await Wal.open(target, options);
const lsn: number = await wal.append("x", { ack: undefined });
for await (const { data } of wal.read({ from: lsn, to: undefined })) {
  const bytes: Uint8Array = data;
  bytes.subarray(1);
}
for await (const { records } of wal.readBatches()) records.at(0)?.buffer;
await wal.append(["in", new Uint8Array(2)], { expect: 2, signal: undefined });
await wal.settled(wal.enqueue("x", { ack: "os" }), undefined, {});
await new Blob(["x"]).stream().pipeTo(wal.writable({ ack: "disk" }));

export async function orders(
  schema: StandardSchema<{ id: number }, { id: number; tags: string[] }>,
): Promise<string[]> {
  const log = await Wal.open(target, { codec: json({ schema }) });
  try {
    const record = await log.get(await log.append({ id: 1 }));
    return record?.data.tags ?? [];
  } catch (error) {
    if (error instanceof DecodeError) return [`${error.lsn}`];
    throw error;
  }
}

export class Lines implements Codec<string> {
  encode(line: string): string[] {
    return [line, "\n"];
  }
  decode(bytes: Uint8Array): string {
    return new TextDecoder().decode(bytes.subarray(0, -1));
  }
}
export const followed: LogIterator<FollowedRecord> = wal.follow({
  ...{ from: undefined, level: undefined, signal: undefined },
});
export const stream: ReadableStream<LogRecord> = wal.read().toReadable();
await using shared = new WalPort(openPort(wal), { codec: undefined });
export const ticket: number = shared.enqueue("x", { ack: undefined });
export const followedByPort: LogIterator<FollowedRecord> = shared.follow();
for await (const { level } of wal.followBatches()) level.at(0);

export class Own implements BatchPolicy {
  due({ oldestAt }: PendingBatch, now: number): number {
    return Math.max(oldestAt, now);
  }
}

export const policies: BatchPolicy[] = [
  new Own(),
  new AdaptivePolicy({ ladder: undefined }),
  anyOf(new AgePolicy(), new BytesPolicy(), new CountPolicy()),
  new LeaderCommitPolicy({ windowMs: 1 }),
];
export const storages: Storage[] = [
  new MemoryStorage({ seed: undefined }),
  new NodeStorage("x", { io: undefined }),
  new DenoStorage("x"),
];
export async function repair(storage: Storage): Promise<number> {
  try {
    return (await salvageLog(storage)).records;
  } catch (error) {
    if (error instanceof LogFailedError) return error.durableLsn;
    if (error instanceof CorruptLogError) return error.offset;
    throw error;
  }
}
export const last = (records: readonly LogRecord[]): LogRecord | undefined =>
  records[records.length - 1];

export function observe(meter: MeterLike): () => void {
  return observeLog(wal, { name: "orders", meter, tracer: undefined });
}

const clean = { remainder: "nothing", witness: false } as const;
export const decision: string = decideTail(clean, "strict");
const costs = constantCosts({ syncMs: 1 });
simulate(new Own(), poissonArrivals({ perSecond: 10, count: 5 }), costs);
const { flushes } = await loadTrace([]);
sampledCosts(flushes);
policyLaws(() => {}, () => new Own(), { maxWaitMs: undefined });
storageContract(() => {}, () => ({ storage: new MemoryStorage() }) as never);
export function holdToLaws(make: () => FrameLogPlace): void {
  frameLogLaws(() => {}, make, { seed: undefined });
}
await explore<number>(async ({ storage, clock, note }) => {
  note(await (await Wal.open(storage, { clock })).append("x"));
}, () => Promise.resolve());

for await (const event of readTrace(["a line\n"])) {
  const kind: TraceEvent["kind"] = event.kind;
  console.log(kind);
}

const s3: S3Options = { endpoint: undefined, fetch: undefined };
export async function isFit(): Promise<boolean> {
  const store = await S3Store.open("s3://bucket/prefix", s3);
  const { rules } = await certify(store, { keys: undefined, rules: ["ids"] });
  return rules.every(({ finding }) => finding === undefined);
}
