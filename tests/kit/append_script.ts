import fc from "fast-check";
import { StorageFullError } from "../../storage/storage_error.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import type { AckLevel } from "../../writer/acks.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import type { FrameDraft } from "../../storage/frame_log.ts";
import type { MaybePromise } from "../../storage/storage.ts";
import { CountedSignal } from "./counted_signal.ts";
import { FakeFrameLog } from "./fake_frame_log.ts";
import { track, type Tracked } from "./track.ts";

/** A call that appends. */
export interface AppendCall {
  readonly do: "append" | "appendBatch" | "enqueue";
  /** Records of a batch. */
  readonly records: number;
  /** Bytes that make each record longer. */
  readonly bytes: number;
  readonly ack: AckLevel;
  /** How far the expected LSN is from the last one; none if absent. */
  readonly expect: number | undefined;
  /** Which signal it has; none if absent. */
  readonly signal: number | undefined;
}

/** One step of a script. */
export type AppendStep =
  | AppendCall
  | { readonly do: "flush"; readonly signal: number | undefined }
  | { readonly do: "settled"; readonly signal: number | undefined }
  | { readonly do: "abort"; readonly signal: number }
  | { readonly do: "turn" }
  | { readonly do: "full"; readonly isFull: boolean };

const SIGNALS = 3;

const signal = fc.option(fc.nat({ max: SIGNALS - 1 }), { nil: undefined });

/** Scripts for a log that is short of room; only some fill the disk. */
export function appendSteps(fillsDisk: boolean): fc.Arbitrary<AppendStep[]> {
  const append = fc.record({
    do: fc.constantFrom("append", "append", "appendBatch", "enqueue"),
    records: fc.integer({ min: 1, max: 4 }),
    bytes: fc.nat({ max: 20 }),
    ack: fc.constantFrom("memory", "os", "disk"),
    expect: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
    signal,
  });
  const others = [
    fc.record({ do: fc.constantFrom("flush", "settled"), signal }),
    fc.record({
      do: fc.constant("abort"),
      signal: fc.nat({ max: SIGNALS - 1 }),
    }),
    fc.record({ do: fc.constant("turn") }),
  ];
  const full = fc.record({ do: fc.constant("full"), isFull: fc.boolean() });
  return fc.array(
    fc.oneof(
      { weight: 5, arbitrary: append },
      ...others.map((arbitrary) => ({ weight: 1, arbitrary })),
      { weight: fillsDisk ? 1 : 0, arbitrary: full },
    ),
    { maxLength: 40, size: "max" },
  ) as fc.Arbitrary<AppendStep[]>;
}

/** An append of a script, and what has become of it. */
export interface ScriptedAppend {
  /** The records, each of which is unlike any other. */
  readonly texts: readonly string[];
  readonly ack: AckLevel;
  /** LSN that it had to get. */
  readonly expect: number | undefined;
  /** LSN of the first record, once acknowledged; or the error. */
  readonly acked: Tracked<number>;
  /** Whether its signal was aborted when it was called. */
  readonly wasAborted: boolean;
}

/** What is left of a script. */
export interface ScriptRun {
  readonly appends: readonly ScriptedAppend[];
  /** The records of the log, from LSN 1 on. */
  readonly texts: readonly string[];
  /** Of each frame, its first LSN and its records. */
  readonly frames: FakeFrameLog["frames"];
  readonly signals: readonly CountedSignal[];
}

/** A log whose disk can be full. */
class FillableLog extends FakeFrameLog {
  isFull = false;

  override append(frame: FrameDraft): MaybePromise<void> {
    if (this.isFull) throw new StorageFullError("disk");
    return super.append(frame);
  }
}

/** Runs a script to its end, which leaves nothing queued. */
export async function runAppends(
  steps: readonly AppendStep[],
  options: WalOptions,
  answer: "once" | "promise",
): Promise<ScriptRun> {
  const log = new FillableLog({ answer });
  const clock = new VirtualClock();
  const wal = await Wal.open(log, { clock, ...options });
  const signals = Array.from({ length: SIGNALS }, () => new CountedSignal());
  const appends: ScriptedAppend[] = [];
  const signalOf = (nth: number | undefined) =>
    nth === undefined ? undefined : signals[nth].signal;
  for (const step of steps) {
    if (step.do === "turn") await clock.turn();
    else if (step.do === "full") log.isFull = step.isFull;
    else if (step.do === "abort") {
      signals[step.signal].abort(`signal ${step.signal}`);
    } else if (step.do === "flush") {
      track(wal.flush({ signal: signalOf(step.signal) }));
    } else if (step.do === "settled") {
      const lsn = Math.max(1, wal.lastLsn);
      track(wal.settled(lsn, "disk", { signal: signalOf(step.signal) }));
    } else {
      appends.push(start(wal, step, signalOf(step.signal), appends.length));
    }
  }
  log.isFull = false;
  await clock.run(wal.flush().catch(() => wal.flush()));
  await clock.run(wal.close());
  return { appends, texts: log.texts(), frames: log.frames, signals };
}

function start(
  wal: Wal,
  { do: call, records, bytes, ack, expect: ahead }: AppendCall,
  signal: AbortSignal | undefined,
  nth: number,
): ScriptedAppend {
  const isQueued = call === "enqueue";
  const isBatch = call === "appendBatch";
  const pad = "-".repeat(bytes);
  const texts = Array.from(
    { length: isBatch ? records : 1 },
    (_, index) => `${nth}.${index}${pad}`,
  );
  const pieces = texts.map((text) => [text[0], text.slice(1)]);
  const expect = ahead === undefined || isQueued
    ? undefined
    : Math.max(1, wal.lastLsn + ahead);
  const options = { ack, expect, signal };
  const wasAborted = !isQueued && (signal?.aborted ?? false);
  const acked = isQueued
    ? enqueue(wal, pieces[0], ack)
    : isBatch
    ? wal.appendBatch(pieces, options).then(({ first }) => first)
    : wal.append(pieces[0], options);
  const reached = isQueued ? "memory" : ack;
  return { texts, ack: reached, expect, acked: track(acked), wasAborted };
}

// deno-lint-ignore require-await
async function enqueue(
  wal: Wal,
  record: string[],
  ack: AckLevel,
): Promise<number> {
  return wal.enqueue(record, { ack });
}
