import { NodeStorage } from "../../storage/directory/mod.ts";
import {
  type CliCommand,
  JSON_OPTION,
  onlyArgument,
  parseArguments,
  parseNumber,
} from "../command.ts";
import {
  type CliIo,
  EXIT,
  signalExitCode,
  type Terminal,
  writeLines,
} from "../io/cli_io.ts";
import { holdsLog, noLogError, requireDirectory } from "../io/log_directory.ts";
import {
  formatLine,
  formatScreen,
  LINE_HEADER,
  topToJson,
} from "./format_top.ts";
import { type Activity, activityBetween, type Snapshot } from "./snapshot.ts";
import { LogWatch } from "./watch_log.ts";

/** Options of {@linkcode top}. */
interface TopOptions {
  readonly directory: string;
  /** Seconds between two looks. */
  readonly interval: number;
  readonly once: boolean;
  readonly json: boolean;
}

const HELP = `Usage: wal top DIR [OPTIONS]

Shows what a log is doing: rates, latencies, queue, health, alerts, size and
cursors, again and again until q or Ctrl-C. Takes no lock. It asks the owner of
the log for its status by a small file in DIR, and the owner answers within
about a second. If it cannot be asked or does not answer, only what the files
of the log say is shown, and why.

If standard output is not a terminal, it prints one line for each interval.

  --interval S   seconds between two looks, at least 1; by default 2
  --once         show one interval, and exit
  --json         one JSON object per line for each interval`;

const OPTIONS = {
  interval: { type: "string" },
  once: { type: "boolean" },
  ...JSON_OPTION,
} as const;

/** `wal top`: shows what a log is doing. */
export const top: CliCommand<TopOptions> = {
  name: "top",
  summary: "show rates, latencies and health of an open log, live",
  help: HELP,
  operand: "directory",
  options: OPTIONS,
  parse(args) {
    const { values, positionals } = parseArguments(args, OPTIONS);
    const { interval, once = false, json = false } = values;
    return {
      directory: onlyArgument("top", "directory", positionals),
      interval: interval === undefined
        ? 2
        : parseNumber("--interval", interval),
      once,
      json,
    };
  },
  async run(options, io) {
    requireDirectory("watch", options.directory);
    // Without --once, it waits until there is one.
    if (options.once) await requireLog(options.directory);
    const { terminal } = io;
    const show = options.json || options.once || terminal === undefined
      ? showLines(options, io)
      : showScreens(options, io, terminal);
    return await show;
  },
};

async function requireLog(directory: string): Promise<void> {
  const storage = new NodeStorage(directory);
  if (!await holdsLog(storage)) throw noLogError("watch", storage);
}

/** What is shown of a log: where it was, and what it has done since. */
type Show = (
  snapshot: Snapshot,
  activity: Activity | undefined,
) => Promise<void>;

/** Prints each interval, or only one. */
async function showLines(options: TopOptions, io: CliIo): Promise<number> {
  const { directory, once, json } = options;
  const hasHeader = !once && !json;
  if (hasHeader) await writeLines(io, [LINE_HEADER]);
  const show: Show = (snapshot, activity) =>
    writeLines(
      io,
      json
        ? [JSON.stringify(topToJson(directory, snapshot, activity))]
        : once
        ? formatScreen(directory, snapshot, activity)
        : [formatLine(snapshot, activity)],
    );
  await watch(options, io.interrupt, once ? 1 : Infinity, show);
  return io.interrupt.aborted ? signalExitCode(io.interrupt.reason) : EXIT.ok;
}

/** The other screen of a terminal, without a cursor; and back. */
const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";

/** Paints a screen for each interval until a key or a signal ends it. */
async function showScreens(
  options: TopOptions,
  io: CliIo,
  terminal: Terminal,
): Promise<number> {
  const stop = new AbortController();
  const { interrupt } = io;
  const onInterrupt = () => stop.abort(interrupt.reason);
  interrupt.addEventListener("abort", onInterrupt);
  const stopKeys = terminal.onKey((key) => {
    if (key === "q") stop.abort("q");
    if (key === "\x03") stop.abort("SIGINT");
  });
  const write = (text: string) =>
    io.stdout.write(new TextEncoder().encode(text));
  try {
    await write(ENTER);
    await watch(options, stop.signal, Infinity, (snapshot, activity) => {
      const lines = formatScreen(options.directory, snapshot, activity);
      return write(paint(lines, terminal.size()));
    });
  } finally {
    stopKeys();
    interrupt.removeEventListener("abort", onInterrupt);
    await write(LEAVE);
  }
  const { reason } = stop.signal;
  return reason === "q" ? EXIT.ok : signalExitCode(reason);
}

/** What paints lines over those before, cut to the size of the terminal. */
export function paint(
  lines: readonly string[],
  { columns, rows }: { readonly columns: number; readonly rows: number },
): string {
  const shown = lines.slice(0, rows)
    .map((line) => `${line.slice(0, columns)}\x1b[K`);
  return `\x1b[H${shown.join("\r\n")}\x1b[J`;
}

/** Shows `count` intervals, or fewer if the signal is aborted. */
async function watch(
  { directory, interval, once }: TopOptions,
  signal: AbortSignal,
  count: number,
  show: Show,
): Promise<void> {
  const log = new LogWatch(new NodeStorage(directory), signal);
  try {
    let before = await log.begin();
    if (!once && !signal.aborted) {
      await show(before, activityBetween(undefined, before));
    }
    for (let shown = 0; shown < count && !signal.aborted; shown++) {
      const now = await log.next(interval * 1000, before);
      if (signal.aborted) return;
      await show(now, activityBetween(before, now));
      before = now;
    }
  } finally {
    await log.end();
  }
}
