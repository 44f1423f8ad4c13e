import { json } from "../../codec/json.ts";
import type { RecordInput } from "../../writer/record.ts";
import { makeRecords } from "../process/worker.ts";
import type { CaseName } from "./port_job.ts";

/** What a sender appends to: a log, or a port of one. */
export interface Target {
  append(record: never): Promise<number>;
  appendBatch(records: never): Promise<unknown>;
}

/** What senders have done in a slice. */
export interface Sent {
  readonly records: number;
  /** The latency of each call, in ms. */
  readonly latencies: readonly number[];
}

const BATCH_RECORDS = 2000;
const WINDOW = 16;

/** The codec of a load. */
export function codecOf(load: CaseName) {
  return load === "json" ? json<unknown>() : undefined;
}

/** Runs `senders` senders for a while; each waits as its load says. */
export async function send(
  target: Target,
  load: CaseName,
  senders: number,
  sliceMs: number,
): Promise<Sent> {
  const latencies: number[] = [];
  const end = performance.now() + sliceMs;
  const [single] = makeRecords(1, 100);
  const batch: RecordInput[] = Array(BATCH_RECORDS).fill(single);
  const value = makeValue();
  let records = 0;
  const callers = load === "json" ? WINDOW : 1;
  const act = load === "batch"
    ? () => target.appendBatch(batch as never)
    : load === "json"
    ? () => target.append(value as never)
    : () => target.append(single as never);
  const caller = async () => {
    let now = performance.now();
    while (now < end) {
      await act();
      records += load === "batch" ? BATCH_RECORDS : 1;
      const after = performance.now();
      latencies.push(after - now);
      now = after;
    }
  };
  await Promise.all(Array.from({ length: senders * callers }, caller));
  return { records, latencies };
}

/** An order of about 500 bytes of JSON. */
function makeValue(): object {
  return {
    id: "0f8fad5b-d9cb-469f-a165-70867728950e",
    at: "2025-02-08T10:20:30.405Z",
    customer: { id: 184_467, name: "Ada Lovelace", city: "London" },
    lines: Array.from({ length: 5 }, (_, index) => ({
      ...{ sku: `SKU-${1000 + index}`, quantity: index + 1, cents: 1999 },
      note: "gift wrapped",
    })),
    total: 29_985,
    paid: true,
  };
}
