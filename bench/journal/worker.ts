/**
 * The process that appends to journals and to files of lines, and reads them.
 *
 * @module
 */

import { type FileHandle, mkdir, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  listJournals,
  openJournal,
} from "../../docs/examples/session-journal/journal.ts";
import { answerJob } from "../process/worker.ts";
import { median } from "../report/statistics.ts";

/** What to measure. */
export interface JournalJob {
  /** How long to append each time. */
  readonly seconds: number;
  /** Number of small journals. */
  readonly sessions: number;
  /** Size of the long journal. */
  readonly megabytes: number;
}

/** What was found. */
export interface JournalFound {
  /** Events per second with 1 caller, and with 16. */
  readonly rates: readonly { kind: string; perSecond: number[] }[];
  /** How long it took for all of the small journals. */
  readonly sessionsMs: Record<"create" | "open" | "list", number>;
  /** How long the last 50 events of the long journal take. */
  readonly lastMs: readonly { kind: string; first: number; again: number }[];
}

/** What events are appended to. */
interface Target {
  append(event: object): Promise<unknown>;
  close(): Promise<unknown>;
}

const CALLERS = [1, 16];

/** How often each kind of journal is measured, in turn. */
const TURNS = 5;

/** About 500 bytes as JSON. */
const event = { type: "message", role: "assistant", text: "x".repeat(452) };

const kinds: Record<string, (directory: string) => Promise<Target>> = {
  "journal": (directory) => openJournal(directory, "session"),
  'journal, `synchronous: "normal"`': (directory) =>
    openJournal(directory, "session", { log: { synchronous: "normal" } }),
  "lines, `fdatasync` each": (directory) => openLines(directory, true),
  "lines, no sync": (directory) => openLines(directory, false),
};

async function openLines(directory: string, sync: boolean): Promise<Target> {
  await mkdir(directory);
  const file: FileHandle = await open(join(directory, "lines.jsonl"), "a");
  return {
    async append(event) {
      await file.appendFile(JSON.stringify(event) + "\n");
      if (sync) await file.datasync();
    },
    close: () => file.close(),
  };
}

/** Events per second of callers that each wait for their own events. */
async function rateOf(
  target: Target,
  callers: number,
  seconds: number,
): Promise<number> {
  let events = 0;
  const startedAt = performance.now();
  const endsAt = startedAt + 1000 * seconds;
  await Promise.all(Array.from({ length: callers }, async () => {
    while (performance.now() < endsAt) {
      await target.append(event);
      events++;
    }
  }));
  return 1000 * events / (performance.now() - startedAt);
}

/** All kinds in turn, several times, so that a busy moment favors none. */
async function measureRates(directory: string, seconds: number) {
  const rates = Object.keys(kinds).map((kind) => ({
    kind,
    perSecond: [] as number[],
  }));
  for (const callers of CALLERS) {
    const targets: Target[] = [];
    for (const [at, make] of Object.values(kinds).entries()) {
      targets.push(await make(join(directory, `${at}-${callers}`)));
    }
    const found = targets.map((): number[] => []);
    for (let turn = 0; turn <= TURNS; turn++) {
      for (const [at, target] of targets.entries()) {
        const rate = await rateOf(target, callers, seconds / TURNS);
        if (turn > 0) found[at].push(rate); // Then the code is compiled.
      }
    }
    for (const [at, target] of targets.entries()) {
      rates[at].perSecond.push(median(found[at]));
      await target.close();
    }
  }
  return rates;
}

/** Each has 20 events, and is read as an editor does that shows it. */
async function measureSessions(directory: string, sessions: number) {
  const took = async (step: (id: string) => Promise<void>) => {
    const startedAt = performance.now();
    for (let nth = 0; nth < sessions; nth++) await step(`session-${nth}`);
    return performance.now() - startedAt;
  };
  const create = await took(async (id) => {
    const journal = await openJournal(directory, id);
    await journal.appendAll(new Array(20).fill(event));
    await journal.close();
  });
  const open = await took(async (id) => {
    const journal = await openJournal(directory, id);
    const events = await journal.last(50);
    if (events.length !== 20) throw new Error(`${events.length} events`);
    await journal.close();
  });
  const startedAt = performance.now();
  const { length } = await listJournals(directory);
  if (length !== sessions) throw new Error(`${length} sessions`);
  return { create, open, list: performance.now() - startedAt };
}

async function measureLast(directory: string, megabytes: number) {
  const events = Math.ceil(megabytes * 1e6 / JSON.stringify(event).length);
  const log = { synchronous: "off", warn() {} } as const;
  const session = await openJournal(directory, "long", { log });
  const lines = await open(join(directory, "long.jsonl"), "a");
  for (let nth = 0; nth < events; nth += 16) {
    const batch = new Array(16).fill(event);
    await session.appendAll(batch);
    await lines.appendFile(
      batch.map((event) => `${JSON.stringify(event)}\n`).join(""),
    );
  }
  await session.close();
  await lines.close();

  const startedAt = performance.now();
  const opened = await openJournal(directory, "long");
  requireLast(await opened.last(50));
  const first = performance.now() - startedAt;
  const again = await timesOf(20, () => opened.last(50));
  await opened.close();
  const ofLines = await timesOf(3, async () => {
    const text = await readFile(join(directory, "long.jsonl"), "utf8");
    return text.split("\n").filter(Boolean).slice(-50)
      .map((line) => JSON.parse(line));
  });
  return [
    { kind: "journal", first, again },
    { kind: "lines, read as a whole", first: ofLines, again: ofLines },
  ];
}

/** The median time of a call that finds 50 events. */
async function timesOf(calls: number, call: () => Promise<unknown[]>) {
  const took: number[] = [];
  for (let nth = 0; nth < calls; nth++) {
    const startedAt = performance.now();
    requireLast(await call());
    took.push(performance.now() - startedAt);
  }
  return median(took);
}

function requireLast({ length }: readonly unknown[]): void {
  if (length !== 50) throw new Error(`${length} events`);
}

await answerJob<JournalJob>(
  async ({ directory, seconds, sessions, megabytes }) => {
    const rates = await measureRates(directory, seconds);
    const small = join(directory, "small");
    const sessionsMs = await measureSessions(small, sessions);
    const lastMs = await measureLast(directory, megabytes);
    return { rates, sessionsMs, lastMs } satisfies JournalFound;
  },
);
