import type { ObservedSource, ReaderLevel } from "../../reader/log_source.ts";
import type { RecordBatch } from "../../storage/frame_log.ts";
import type { MaybePromise } from "../../storage/storage.ts";
import {
  type CliIo,
  EXIT,
  type Output,
  signalExitCode,
  writeWarning,
} from "../io/cli_io.ts";
import { formatRecords } from "../io/format.ts";
import { ChunkedOutput } from "./print_records.ts";
import { shownBatches } from "./shown_batches.ts";

/** Looks at a log for the first time. */
export type OpenLog = (level: ReaderLevel) => Promise<ObservedSource>;

/** Which records to print, and how. */
export interface PrintRequest {
  /** LSN of the first record; `undefined` for the oldest that is kept. */
  readonly first: (log: ObservedSource) => MaybePromise<number | undefined>;
  /** LSN of the last record; `Infinity` for the last one there is. */
  readonly to: number;
  /** Whether to wait for more. */
  readonly follow: boolean;
  /** Whether to print records that may not be durable. */
  readonly written: boolean;
  /** Whether messages are JSON. */
  readonly json: boolean;
  readonly print: (
    batch: RecordBatch,
    output: ChunkedOutput,
    stderr: Output,
  ) => Promise<void>;
}

/** Prints records of a log; resolves with the exit code. */
export async function printLog(
  open: OpenLog,
  request: PrintRequest,
  io: CliIo,
): Promise<number> {
  const { interrupt } = io;
  await Promise.race([print(open, request, io), interrupted(interrupt)]);
  return interrupt.aborted ? signalExitCode(interrupt.reason) : EXIT.ok;
}

/** Nothing has to be saved, so there is no need to wait for the output. */
function interrupted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

async function print(
  open: OpenLog,
  request: PrintRequest,
  io: CliIo,
): Promise<void> {
  const { to, follow, written, json } = request;
  const { stdout, stderr, interrupt: signal } = io;
  const output = new ChunkedOutput(stdout);
  const log = await open(written ? "os" : "disk");
  try {
    const first = await request.first(log);
    const range = { ...(first !== undefined && { from: first }), to };
    const wait = follow ? () => output.flush() : undefined;
    const batches = shownBatches(log, { ...range, signal, wait });
    for await (const batch of batches) {
      await request.print(batch, output, stderr);
      if (signal.aborted) break;
    }
    const hidden = Math.min(to, log.writtenLsn) - log.reached("os");
    if (hidden > 0 && !follow && !signal.aborted) {
      await writeWarning(io, json, describeHidden(hidden));
    }
  } finally {
    await log.close();
    // Whatever was read before damage is shown.
    await output.flush();
  }
}

/** A writer that was killed leaves such records, and so does one at work. */
function describeHidden(count: number): string {
  const verb = count === 1 ? "is" : "are";
  return `${formatRecords(count)} at the end ${verb} not shown: not ` +
    "declared durable yet; --written shows them";
}
