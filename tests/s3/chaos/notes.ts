import { existsSync, openSync, readFileSync, writeSync } from "node:fs";
import process from "node:process";
import { addToRuns, type Run } from "./judge.ts";

/*
 * What a process of the chaos did and saw, in a file: a line for each event,
 * written before the process goes on. Notes survive SIGKILL.
 */

/** The notes of a process, as read. */
export interface Notes {
  /** Records that were acknowledged. */
  readonly acked: readonly Run[];
  /** Records that were read. */
  readonly seen: readonly Run[];
  /** Openings that were complete. */
  readonly openings: number;
  /** Highest LSN that was truncated before, or was to be; 0 without any. */
  readonly truncatedTo: number;
  /** Longest time of each kind of call, in ms. */
  readonly longestMs: Readonly<Record<string, number>>;
  /** How openings and sessions have ended, by the names of the errors. */
  readonly failures: Readonly<Record<string, number>>;
  /** What must not be. */
  readonly bugs: readonly string[];
}

/** Takes notes of the process with a number. */
export class NoteTaker {
  /** How long each kind of call has taken at most, in ms. */
  readonly #longestMs = new Map<string, number>();
  readonly #file: number;
  readonly #process: number;

  /** Notes go to `path`, which may have some. */
  constructor(path: string, process: number) {
    this.#file = openSync(path, "a");
    this.#process = process;
  }

  /** The name of the session that begins with an opening. */
  session(opening: number): string {
    return `${this.#process}.${opening}`;
  }

  opened(): void {
    this.#write("opened");
  }

  acked(run: Run): void {
    this.#write(`acked ${run.session} ${run.nth} ${run.lsn} ${run.count}`);
  }

  saw(run: Run): void {
    this.#write(`saw ${run.session} ${run.nth} ${run.lsn} ${run.count}`);
  }

  truncating(lsn: number): void {
    this.#write(`truncating ${lsn}`);
  }

  /** Notes the error, and whether it is one that chaos explains. */
  failed(action: string, error: unknown): void {
    const names: string[] = [];
    for (let at = error; at instanceof Error; at = at.cause) {
      names.push(at.name);
    }
    const isKnown = names.some((name) => KNOWN.includes(name));
    if (isKnown) this.#write(`failed ${action}: ${names.join(" by ")}`);
    else this.bug(`${action}: ${(error as Error)?.stack ?? error}`);
  }

  /** Notes what must not be, and ends the process. */
  bug(what: string): never {
    this.#write(`bug ${what.replaceAll("\n", " | ")}`);
    console.error(what);
    process.exit(1);
  }

  /** Makes a call, and notes how long it takes. */
  async timed<T>(call: string, act: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    try {
      return await act();
    } finally {
      const tookMs = Math.round(performance.now() - startedAt);
      if (tookMs > (this.#longestMs.get(call) ?? 0)) {
        this.#longestMs.set(call, tookMs);
        this.#write(`took ${call} ${tookMs}`);
      }
    }
  }

  #write(line: string): void {
    writeSync(this.#file, `${line}\n`);
  }
}

/** Errors that a store out of reach, or another owner, explains. */
const KNOWN = [
  ...["FencedError", "ObjectStoreError", "UnknownOutcomeError"],
  "NotReplicatedError",
];

/** Reads notes; a process that was killed may have left none. */
export function readNotes(path: string): Notes {
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const acked: Run[] = [];
  const seen: Run[] = [];
  const longestMs: Record<string, number> = {};
  const failures: Record<string, number> = {};
  const bugs: string[] = [];
  let openings = 0;
  let truncatedTo = 0;
  for (const line of text.split("\n").slice(0, -1)) {
    const [word, ...rest] = line.split(" ");
    const about = rest.join(" ");
    switch (word) {
      case "opened":
        openings++;
        break;
      case "acked":
        addToRuns(acked, toRun(rest));
        break;
      case "saw":
        addToRuns(seen, toRun(rest));
        break;
      case "truncating":
        truncatedTo = Math.max(truncatedTo, Number(about));
        break;
      case "took":
        longestMs[rest[0]] = Math.max(longestMs[rest[0]] ?? 0, Number(rest[1]));
        break;
      case "failed":
        failures[about] = (failures[about] ?? 0) + 1;
        break;
      default:
        bugs.push(line);
    }
  }
  return { acked, seen, openings, truncatedTo, longestMs, failures, bugs };
}

function toRun([session, ...numbers]: readonly string[]): Run {
  const [nth, lsn, count] = numbers.map(Number);
  return { session, nth, lsn, count };
}
