import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { findByTime } from "../../reader/find_by_time.ts";
import type { ObservedSource } from "../../reader/log_source.ts";
import { ObservedLog } from "../../reader/observed_log.ts";
import { StorageError } from "../../storage/storage_error.ts";
import { printLog } from "../cat/print_log.ts";
import { printExport } from "../cat/print_records.ts";
import {
  type CliCommand,
  JSON_OPTION,
  onlyArgument,
  parseArguments,
  parseNumber,
  refusal,
} from "../command.ts";
import type { CliIo, Output } from "../io/cli_io.ts";
import { openLogDirectory } from "../io/log_directory.ts";
import { DURATION } from "../io/notation.ts";

/** Options of {@linkcode exportLog}. */
interface ExportOptions {
  readonly directory: string;
  /** Absent for the oldest record. */
  readonly from?: number;
  /** `Infinity` for the last record there is. */
  readonly to: number;
  /** Only records written then or later, in ms since 1970. */
  readonly since?: number;
  /** Path of a file to create; absent for standard output. */
  readonly output?: string;
  readonly written: boolean;
  readonly json: boolean;
}

const HELP = `Usage: wal export DIR [OPTIONS]

Writes records as text that "wal import" reads: one JSON object per line.

  {"lsn":1,"time":"2026-11-29T08:00:00.000Z","text":"..."}
  {"lsn":2,"batch":2,"time":"...","text":"..."}
  {"lsn":3,"time":"...","base64":"..."}
  {"lsn":4,"time":"...","lost":5}

A record that is not UTF-8 has "base64" instead of "text". "batch" is the number
of records, from that line on, that were written together: a crash keeps all or
none of them. "lost" is the number of records that were lost in a repair, from
that LSN on. The log's metadata, cursors and snapshots are not exported.

Takes no lock and changes nothing, so a writer may have the log open. As with
"wal cat", the last records of a writer that was killed may be left out.

  --jsonl          this format, which is the only one
  --from LSN       the first record; by default the oldest one kept
  --to LSN         the last record; by default the newest one
  --since TIME     only records written at TIME or later: a time such as
                   2026-11-29T08:00Z, or how long ago (ms, s, m, h, d)
  --written        include records that are written but perhaps not durable
  --output FILE    write to FILE, which must not exist, and sync it at the end;
                   after a failure, an incomplete FILE remains
  --json           messages on standard error are JSON objects`;

const OPTIONS = {
  jsonl: { type: "boolean" },
  from: { type: "string" },
  to: { type: "string" },
  since: { type: "string" },
  written: { type: "boolean" },
  output: { type: "string", values: "file" },
  ...JSON_OPTION,
} as const;

/** `wal export`: writes records as lines of JSON. */
export const exportLog: CliCommand<ExportOptions> = {
  name: "export",
  summary: "write records as JSON lines, for another log or tool",
  help: HELP,
  operand: "directory",
  options: OPTIONS,
  parse(args) {
    const { values, positionals } = parseArguments(args, OPTIONS);
    const { from, to, since, output, written = false, json = false } = values;
    const first = from === undefined ? undefined : parseNumber("--from", from);
    const last = to === undefined ? Infinity : parseNumber("--to", to);
    if (first !== undefined && first > last) {
      throw refusal("--to", `at least --from, ${first}`, to!);
    }
    if (first !== undefined && since !== undefined) {
      throw refusal("--since", "without --from", since);
    }
    return {
      directory: onlyArgument("export", "directory", positionals),
      ...(first !== undefined && { from: first }),
      to: last,
      ...(since !== undefined && { since: parseTime("--since", since) }),
      ...(output !== undefined && { output }),
      ...{ written, json },
    };
  },
  async run(options, io) {
    const { directory, from, to, since, output, written, json } = options;
    const storage = openLogDirectory("export", directory, io.interrupt);
    const first = async (log: ObservedSource) =>
      since === undefined ? from : await findByTime(log, since);
    return await withOutput(
      output,
      io,
      (io) =>
        printLog((level) => ObservedLog.open(storage, level), {
          ...{ first, to, follow: false, written, json, print: printExport },
        }, io),
    );
  },
};

/** A time, or how long ago it was, in ms since 1970. */
function parseTime(option: string, text: string): number {
  const age = DURATION.parse(text);
  if (!Number.isNaN(age)) return Date.now() - age;
  const time = /^\d{4}-/.test(text) ? Date.parse(text) : NaN;
  if (!Number.isNaN(time)) return time;
  throw refusal(option, "a time, or a duration such as 90m", text);
}

/** Lends the same streams, with a new file as standard output. */
async function withOutput(
  path: string | undefined,
  io: CliIo,
  use: (io: CliIo) => Promise<number>,
): Promise<number> {
  if (path === undefined) return await use(io);
  const attempt = <Result>(action: string, act: () => Result): Result => {
    try {
      return act();
    } catch (error) {
      throw StorageError.wrap(action, path, error);
    }
  };
  const file = attempt("create", () => openSync(path, "wx"));
  const stdout: Output = {
    isTerminal: false,
    write(bytes) {
      for (let at = 0; at < bytes.length;) {
        at += attempt("write to", () => writeSync(file, bytes, at));
      }
      return Promise.resolve();
    },
  };
  try {
    const code = await use({ ...io, stdout });
    attempt("sync", () => fsyncSync(file));
    return code;
  } finally {
    closeSync(file);
  }
}
