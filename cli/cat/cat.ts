import { describeLoss } from "../../recovery/salvage/mod.ts";
import type { RecordBatch } from "../../storage/frame_log.ts";
import { NodeStorage } from "../../storage/directory/mod.ts";
import { ChunkedOutput } from "../io/chunked_output.ts";
import { type CliIo, type Output, writeLine } from "../io/cli_io.ts";
import { EXIT, signalExitCode } from "../exit_code.ts";
import { interruptibleStorage } from "../append/interruptible_storage.ts";
import { LogReader } from "./log_reader.ts";
import type { CatCommand } from "../command.ts";
import { requireDirectory } from "../require_directory.ts";
import { Buffer, isUtf8 } from "node:buffer";

const POLL_MS = 100;
const TEXT_LENGTH = 64 * 1024;
const encoder = new TextEncoder();
const NEWLINE = new Uint8Array([10]);

/** Prints records; the exit code says how it ended. */
export async function runCat(command: CatCommand, io: CliIo): Promise<number> {
  requireDirectory("read", command.directory);
  await Promise.race([print(command, io), interrupted(io.interrupt)]);
  return io.interrupt.aborted ? signalExitCode(io.interrupt.reason) : EXIT.ok;
}

/** Nothing has to be saved, so there is no need to wait for a reader. */
function interrupted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

async function print(command: CatCommand, io: CliIo): Promise<void> {
  const { directory, follow, json } = command;
  const files = new NodeStorage(directory);
  const storage = interruptibleStorage(files, io.interrupt);
  const reader = new LogReader(storage, command);
  const output = new ChunkedOutput(io.stdout);
  const printBatch = json ? printJson : printRaw;
  try {
    while (true) {
      for await (const batch of reader.read()) {
        await printBatch(batch, output, io.stderr);
        if (io.interrupt.aborted) break;
      }
      await output.flush();
      if (!follow || reader.isDone || io.interrupt.aborted) return;
      await sleep(POLL_MS, io.interrupt);
    }
  } finally {
    await reader.close();
    // What was read before damage is shown.
    await output.flush();
  }
}

async function printRaw(
  { firstLsn, records, lost }: RecordBatch,
  output: ChunkedOutput,
  stderr: Output,
): Promise<void> {
  if (lost !== undefined) {
    const lastLsn = firstLsn + lost - 1;
    await writeLine(stderr, `wal: ${describeLoss({ firstLsn, lastLsn })}`);
  }
  for (const record of records) {
    if (!output.tryPush(record)) await output.push(record);
    if (!output.tryPush(NEWLINE)) await output.push(NEWLINE);
  }
}

/** Encodes many lines at once: for each by itself it is half of the work. */
async function printJson(
  { firstLsn, records, lost }: RecordBatch,
  output: ChunkedOutput,
): Promise<void> {
  let text = lost === undefined
    ? ""
    : `${JSON.stringify({ lsn: firstLsn, lost })}\n`;
  let lsn = firstLsn;
  for (const record of records) {
    text += `${formatRecord(lsn++, record)}\n`;
    if (text.length < TEXT_LENGTH) continue;
    await output.push(encoder.encode(text));
    text = "";
  }
  await output.push(encoder.encode(text));
}

function sleep(ms: number, interrupt: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      interrupt.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    interrupt.addEventListener("abort", wake);
    if (interrupt.aborted) wake();
  });
}

/**
 * A record as a JSON object in one line: `{"lsn":1,"text":"…"}`, or with
 * `base64` where it is not valid UTF-8.
 */
export function formatRecord(lsn: number, data: Uint8Array): string {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  const shown = isUtf8(bytes)
    ? { lsn, text: bytes.toString("utf8") }
    : { lsn, base64: bytes.toString("base64") };
  return JSON.stringify(shown);
}
