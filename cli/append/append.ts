import type { BatchPolicy } from "../../policies/batch_policy.ts";
import { QueueFullError } from "../../writer/append_queue.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import { AckTracker } from "./ack_tracker.ts";
import { type CliIo, writeLine } from "../io/cli_io.ts";
import { EXIT, signalExitCode } from "../exit_code.ts";
import { LineSplitter } from "../io/line_splitter.ts";
import type { AppendCommand } from "../command.ts";
import { showProgress, untilAborted } from "../io/show_progress.ts";
import { formatSummary } from "../io/format.ts";
import { requireDirectory } from "../require_directory.ts";
import { openTraceFile } from "./trace_file.ts";

const QUEUED_RECORDS = 65_536;
const QUEUED_BYTES = 8 * 1024 * 1024;

/** Appends the lines of stdin; the exit code says how it ended. */
export async function runAppend(
  command: AppendCommand,
  io: CliIo,
): Promise<number> {
  const { directory, trace } = command;
  requireDirectory("append to", directory, true);
  const sink = trace === undefined ? undefined : openTraceFile(trace);
  try {
    const options = walOptions(command, io);
    const traced = sink === undefined ? {} : { trace: sink };
    const wal = await Wal.open(directory, { ...options, ...traced });
    return await appendAll(wal, command, io);
  } finally {
    sink?.close();
  }
}

async function appendAll(
  wal: Wal,
  command: AppendCommand,
  io: CliIo,
): Promise<number> {
  const startedAt = performance.now();
  const failure = new AbortController();
  const tracker = new AckTracker(
    wal,
    command.ack,
    (error) => failure.abort(error),
  );
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
    const summary = formatSummary(tracker.acked, seconds, command.ack);
    // A terminal that was closed takes no summary, and needs none.
    await writeLine(io.stderr, summary).catch(() => {});
  }
  return io.interrupt.aborted ? signalExitCode(io.interrupt.reason) : EXIT.ok;
}

/** A flush, for `close` is silent about a log that has failed before. */
async function drain(wal: Wal, tracker: AckTracker): Promise<void> {
  try {
    await wal.flush();
    tracker.settle();
  } finally {
    await wal.close();
  }
}

/** A policy's limits must fit into the queue, or it would never reach them. */
function walOptions(
  { policy, ack, takeOver, segmentBytes }: AppendCommand,
  io: CliIo,
): WalOptions {
  const limits: BatchPolicy["limits"] = policy?.limits;
  return {
    synchronous: ack === "disk" ? "full" : "normal",
    ...(policy !== undefined && { policy }),
    ...(segmentBytes !== undefined && { segmentBytes }),
    takeOver,
    maxQueuedRecords: Math.max(QUEUED_RECORDS, limits?.records ?? 0),
    maxQueuedBytes: Math.max(QUEUED_BYTES, limits?.bytes ?? 0),
    warn: (message) =>
      void writeLine(io.stderr, `wal: ${message}`).catch(() => {}),
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
  // After a Ctrl-C what is left is not a line but a piece of one.
  if (!io.interrupt.aborted) await appendEach(splitter.end());
}

/** Costs no promise and no turn of the event loop. */
function tryEnqueue(wal: Wal, line: Uint8Array): number | undefined {
  try {
    return wal.enqueue(line);
  } catch (error) {
    if (error instanceof QueueFullError) return undefined;
    throw error;
  }
}

/**
 * At level `memory` an append resolves as soon as there is room for it; the
 * tracker sees to the level that was asked for.
 */
function waitForRoom(
  wal: Wal,
  line: Uint8Array,
  tracker: AckTracker,
): Promise<number> {
  tracker.watch();
  return wal.append(line, { ack: "memory" });
}

/** `AbortSignal.any`, which Node has from 20.3 only. */
function eitherSignal(...signals: AbortSignal[]): AbortSignal {
  const either = new AbortController();
  for (const signal of signals) {
    const stop = () => either.abort(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  }
  return either.signal;
}
