import type { BatchPolicy } from "../../policies/batch_policy.ts";
import { BYTES, parsePolicy } from "../../policies/parse_policy.ts";
import type { LogEngine } from "../../storage/log_engine.ts";
import { Wal } from "../../wal.ts";
import { LEAST_SEGMENT_BYTES } from "../../log/check_options.ts";
import type { WalOptions } from "../../wal_options.ts";
import { orAborted } from "../../writer/abort.ts";
import { type AckLevel, requireAckLevel } from "../../writer/acks.ts";
import { QueueFullError } from "../../writer/append_queue.ts";
import {
  type CliCommand,
  JSON_OPTION,
  parseArguments,
  parseNumber,
  refusal,
} from "../command.ts";
import {
  type CliIo,
  EXIT,
  InterruptedError,
  signalExitCode,
  writeWarning,
} from "../io/cli_io.ts";
import { eitherSignal, untilAborted } from "../io/interruptible_input.ts";
import { requireDirectory } from "../io/log_directory.ts";
import {
  type LogPlace,
  openObjectEngine,
  parsePlace,
  refuseOnStorage,
  STORAGE_HELP,
  STORAGE_OPTIONS,
} from "../io/object_storage.ts";
import { openTraceFile } from "../io/trace_file.ts";
import { AckTracker } from "./ack_tracker.ts";
import { LineSplitter } from "./line_splitter.ts";
import { showProgress, writeSummary } from "./show_progress.ts";

/** Options of {@linkcode append}. */
interface AppendOptions {
  readonly place: LogPlace;
  /** In its short notation; absent for the library's default. */
  readonly policy?: string;
  readonly ack: AckLevel;
  /** Path of the trace to write. */
  readonly trace?: string;
  /** Whether to take the log even from a running owner. */
  readonly takeOver: boolean;
  /** Absent for the library's default. */
  readonly segmentBytes?: number;
  readonly json: boolean;
}

const HELP = `Usage: wal append DIR [OPTIONS] < LINES
       wal append --storage s3://BUCKET/PREFIX [OPTIONS] < LINES

Appends each line of standard input as a record: its bytes up to the newline,
unchanged. A last line without a newline counts too. DIR is created if it does
not exist. A line of more than 67,108,860 bytes ends the run with an error that
gives its number; the lines before it are kept.

  --ack LEVEL      what makes a record count as acknowledged:
                   disk (default)  it is synced; survives power loss
                   os              it is written; survives a killed process
                   memory          it is queued
  --policy POLICY  when to flush a batch; leader is the default:
                   count:256       at 256 records, or when no more are waiting
                   bytes:64k       at 64 KiB (k, m, g), or when no more are
                                   waiting
                   age:2           when its oldest record has waited for 2 ms
                   leader          at once, with everything that arrived during
                                   the previous flush
                   leader:2        the same, but waits up to 2 ms if more
                                   records are likely
                   adaptive        waits only when it has learned that waiting
                                   pays
                   adaptive:5      the same, aiming at acks within 5 ms
                   Join policies with commas to flush when the first is due:
                   count:1000,bytes:1m,age:10
  --segment-bytes N
                   size of a segment, at least 4096 (k, m, g); default 64m
  --take-over      take the log even from a running owner, which then
                   acknowledges nothing further
  --trace FILE     record a trace in FILE, which must not exist: when records
                   arrive, their sizes and what flushes cost, but not their
                   contents. "wal lab FILE" replays it
  --json           at the end, one JSON object on standard output: records,
                   bytes, firstLsn and lastLsn of what was acknowledged; ack;
                   and seconds

${STORAGE_HELP}

There, the log is always taken from a running owner, --segment-bytes and
--take-over are refused, and the default policy is age:100,bytes:4m, because
each batch is a request.

Without --json, the last line on standard error says what was acknowledged.
Ctrl-C, SIGTERM or SIGHUP stops reading, and what was read is made durable; a
second one exits immediately.`;

/** Policies in their short notation, to choose from. */
export const POLICY_EXAMPLES = [
  ...["leader", "leader:2", "count:256", "bytes:64k", "age:2", "adaptive"],
] as const;

const OPTIONS = {
  policy: { type: "string", values: POLICY_EXAMPLES },
  ack: { type: "string", values: ["disk", "os", "memory"] },
  trace: { type: "string", values: "file" },
  "take-over": { type: "boolean" },
  "segment-bytes": { type: "string" },
  ...STORAGE_OPTIONS,
  ...JSON_OPTION,
} as const;

/** `wal append`: appends the lines of standard input. */
export const append: CliCommand<AppendOptions> = {
  name: "append",
  summary: "append each line of standard input as a record",
  help: HELP,
  operand: "directory",
  options: OPTIONS,
  parse(args) {
    const { values, positionals } = parseArguments(args, OPTIONS);
    const { policy, trace, "segment-bytes": bytes } = values;
    if (policy !== undefined) parsePolicy(policy);
    const place = parsePlace("append", values, positionals);
    refuseOnStorage(place, values, ["segment-bytes", "take-over"]);
    return {
      place,
      ...(policy !== undefined && { policy }),
      ack: requireAckLevel("append", "--ack", values.ack ?? "disk"),
      ...(trace !== undefined && { trace }),
      takeOver: values["take-over"] ?? false,
      ...(bytes !== undefined && { segmentBytes: parseSegmentBytes(bytes) }),
      json: values.json ?? false,
    };
  },
  async run(options, io) {
    const { place, trace, policy } = options;
    const target = await openTarget(place, io);
    const sink = trace === undefined ? undefined : openTraceFile(trace);
    try {
      const traced = sink === undefined ? {} : { trace: { ...sink, policy } };
      const opening = Wal.open(target, {
        ...walOptions(options, io),
        ...traced,
      });
      const wal = "directory" in place
        ? await opening
        : await unlessInterrupted(opening, io.interrupt);
      return await appendAll(wal, options, io);
    } finally {
      sink?.close();
    }
  },
};

/**
 * Does not wait for a store that does not answer. What an opening leaves there
 * stops nobody, and it locks nothing.
 */
async function unlessInterrupted(
  opening: Promise<Wal>,
  interrupt: AbortSignal,
): Promise<Wal> {
  try {
    return await orAborted(opening, interrupt);
  } catch (error) {
    if (!interrupt.aborted || error !== interrupt.reason) throw error;
    opening.then((wal) => wal.close()).catch(() => {});
    throw new InterruptedError("interrupted before the log was open");
  }
}

async function openTarget(
  place: LogPlace,
  io: CliIo,
): Promise<string | LogEngine> {
  if (!("directory" in place)) return await openObjectEngine(place, io);
  requireDirectory("append to", place.directory, true);
  return place.directory;
}

function parseSegmentBytes(text: string): number {
  const bytes = parseNumber("--segment-bytes", text, BYTES);
  if (bytes >= LEAST_SEGMENT_BYTES) return bytes;
  const rule = `at least ${LEAST_SEGMENT_BYTES}`;
  throw refusal("--segment-bytes", rule, text);
}

const QUEUED_RECORDS = 65_536;
const QUEUED_BYTES = 8 * 1024 * 1024;

async function appendAll(
  wal: Wal,
  { ack: level, json }: AppendOptions,
  io: CliIo,
): Promise<number> {
  const startedAt = performance.now();
  const failure = new AbortController();
  const fail = (error: unknown) => failure.abort(error);
  const tracker = new AckTracker(wal, level, fail);
  const progress = showProgress(io.stderr, () => tracker.acked);
  try {
    try {
      await appendLines(wal, io, tracker, failure.signal);
    } finally {
      await drain(wal, tracker);
    }
  } finally {
    await progress.end();
    const seconds = (performance.now() - startedAt) / 1000;
    await writeSummary(io, json, tracker.acked, { seconds, ack: level });
  }
  return io.interrupt.aborted ? signalExitCode(io.interrupt.reason) : EXIT.ok;
}

/** Flushes first, because `close` does not repeat an earlier failure. */
async function drain(wal: Wal, tracker: AckTracker): Promise<void> {
  try {
    await wal.flush();
    tracker.settle();
  } finally {
    await wal.close();
  }
}

/** The queue must have room for a policy's limits, or they are never reached. */
function walOptions(
  { place, policy: name, ack, takeOver, segmentBytes, json }: AppendOptions,
  io: CliIo,
): WalOptions {
  const policy = name === undefined ? undefined : parsePolicy(name);
  const limits: BatchPolicy["limits"] = policy?.limits;
  return {
    synchronous: ack === "disk" ? "full" : "normal",
    ...(policy !== undefined && { policy }),
    ...(segmentBytes !== undefined && { segmentBytes }),
    ...("directory" in place && { takeOver }),
    maxQueuedRecords: Math.max(QUEUED_RECORDS, limits?.records ?? 0),
    maxQueuedBytes: Math.max(QUEUED_BYTES, limits?.bytes ?? 0),
    warn: (message) => void writeWarning(io, json, message).catch(() => {}),
  };
}

async function appendLines(
  wal: Wal,
  io: CliIo,
  tracker: AckTracker,
  failure: AbortSignal,
): Promise<void> {
  const splitter = new LineSplitter();
  const stop = eitherSignal(io.interrupt, failure);
  const appendEach = async (lines: Iterable<Uint8Array>) => {
    for (const line of lines) {
      const lsn = tryEnqueue(wal, line);
      tracker.queued(lsn ?? await waitForRoom(wal, line, tracker), line.length);
    }
    tracker.watch();
  };
  for await (const chunk of untilAborted(io.stdin, stop)) {
    await appendEach(splitter.push(chunk));
  }
  failure.throwIfAborted();
  // After Ctrl-C, what is left is not a line but a piece of one.
  if (!io.interrupt.aborted) await appendEach(splitter.end());
}

/** Costs no promise and no turn of the event loop; `undefined` if full. */
function tryEnqueue(wal: Wal, line: Uint8Array): number | undefined {
  try {
    return wal.enqueue(line);
  } catch (error) {
    if (error instanceof QueueFullError) return undefined;
    throw error;
  }
}

/**
 * At level `memory`, an append resolves as soon as there is room for it; the
 * tracker waits for the level that was asked for.
 */
function waitForRoom(
  wal: Wal,
  line: Uint8Array,
  tracker: AckTracker,
): Promise<number> {
  tracker.watch();
  return wal.append(line, { ack: "memory" });
}
