import { mkdtempSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { defaultStorage } from "../../storage/storage_target.ts";
import { type Choose, seeded } from "../../random.ts";
import { isPromise } from "../../storage/storage.ts";
import { StorageError } from "../../storage/storage_error.ts";
import { Distribution } from "./histogram.ts";
import { StorageSubject, type Subject, type Trial, TRIALS } from "./subject.ts";
import { WorkerSubject } from "./worker_subject.ts";

/** What one way to make records durable cost. */
export interface Result {
  readonly trial: Trial;
  /** All of its runs. */
  readonly all: Distribution;
}

/** The cost of a subject's runs. */
export interface Measured {
  /** All of them. */
  readonly all: Distribution;
  /** Those in the first half of the time, and in the second. */
  readonly halves: readonly [Distribution, Distribution];
}

/**
 * Measures every one of {@linkcode TRIALS} in `directory`, in their order, and
 * leaves nothing behind; the result is incomplete once `signal` is aborted.
 */
export function measureTrials(
  directory: string,
  seconds: number,
  signal: AbortSignal,
): Promise<(Result & Measured)[]> {
  return withScratchDirectory(directory, async (scratch) => {
    const subjects: Subject[] = [];
    try {
      for (const [index, trial] of TRIALS.entries()) {
        if (signal.aborted) return [];
        subjects.push(await makeSubject(scratch, `${index}`, trial));
      }
      const measured = await measureInTurns(subjects, {
        totalMs: seconds * 1000,
        choose: seeded(1),
        signal,
        now: () => performance.now(),
      });
      return measured.map((one, index) => ({ trial: TRIALS[index], ...one }));
    } finally {
      for (const subject of subjects) await subject.close();
    }
  });
}

/**
 * Lends a directory in `parent`, hidden, so that a log there ignores it. It is
 * removed when `use` ends, or when the process exits before that.
 */
async function withScratchDirectory<T>(
  parent: string,
  use: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = makeDirectory(resolve(parent));
  const remove = () =>
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  process.on("exit", remove);
  try {
    return await use(directory);
  } finally {
    process.off("exit", remove);
    remove();
  }
}

function makeDirectory(parent: string): string {
  try {
    return mkdtempSync(join(parent, ".wal-doctor-"));
  } catch (error) {
    throw StorageError.wrap("make files in", parent, error);
  }
}

async function makeSubject(
  scratch: string,
  name: string,
  trial: Trial,
): Promise<Subject> {
  const io = trial.call === "threaded" ? "threaded" : "blocking";
  const storage = await defaultStorage(scratch, { io });
  const subject = await StorageSubject.make(storage, name, trial);
  if (trial.call !== "worker") return subject;
  await subject.close();
  return await WorkerSubject.make(join(scratch, name), trial);
}

const ROUNDS = 12;

/** The longest turn, and so the longest time for Ctrl-C to take effect. */
const MOST_TURN_MS = 100;

/** Options of {@linkcode measureInTurns}. */
interface MeasureOptions {
  /** How long to measure, in ms; the first round is always completed. */
  readonly totalMs: number;
  /** Chooses the order of each round. */
  readonly choose: Choose;
  /** Ends it early. */
  readonly signal: AbortSignal;
  /** The current time in ms. */
  readonly now: () => number;
}

/**
 * Measures in rounds, in which each subject has a turn, in a different order each
 * time, so that other load and changes of the disk affect all alike. Each turn
 * begins with a run that does not count.
 */
export async function measureInTurns(
  subjects: readonly Subject[],
  { totalMs, choose, signal, now }: MeasureOptions,
): Promise<Measured[]> {
  const found = subjects.map(() => ({
    all: new Distribution(),
    halves: [new Distribution(), new Distribution()] as const,
  }));
  const startedAt = now();
  const turnMs = Math.min(MOST_TURN_MS, totalMs / ROUNDS / subjects.length);
  for (let round = 0; round === 0 || now() - startedAt < totalMs; round++) {
    for (const index of shuffled(subjects.length, choose)) {
      const isOver = round > 0 && now() - startedAt >= totalMs;
      if (isOver || signal.aborted) break;
      const half = found[index].halves[now() - startedAt < totalMs / 2 ? 0 : 1];
      const subject = subjects[index];
      await subject.prepare();
      const endsAt = now() + turnMs;
      do half.add(await timed(subject, now)); while (
        now() < endsAt && !subject.isFull && !signal.aborted
      );
      // Signals are only delivered between turns of the event loop.
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (signal.aborted) break;
  }
  for (const { all, halves } of found) {
    for (const half of halves) all.merge(half);
  }
  return found;
}

/** A subject that answers at once costs no turn of the event loop. */
function timed(subject: Subject, now: () => number): number | Promise<number> {
  const startedAt = now();
  const answer = subject.run();
  if (isPromise(answer)) return answer.then(() => now() - startedAt);
  return now() - startedAt;
}

/** The integers below `count` in random order, by Fisher and Yates. */
function shuffled(count: number, choose: Choose): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let end = count - 1; end > 0; end--) {
    const at = choose(end + 1);
    [order[at], order[end]] = [order[end], order[at]];
  }
  return order;
}
