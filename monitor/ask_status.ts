import { REQUEST_NAME, STATUS_NAME } from "../storage/format/mod.ts";
import { type Storage, writeAll } from "../storage/storage.ts";
import { removeQuietly } from "../storage/segments/mod.ts";
import { type LiveStatus, parseStatus, readText } from "./live_status.ts";

/** How often a request is renewed; the owner waits some times longer. */
const RENEW_MS = 2000;

/** Time between looks for an answer. */
const LOOK_MS = 100;

/** How long an owner may take to answer that looks once per second. */
const ANSWER_MS = 3000;

const NO_ANSWER =
  "the owner did not answer: it may be an older version, have " +
  "been opened with status: false, or block its event loop";

/**
 * Asks the owner of a log for its status again and again. It writes one small
 * file into the directory of the log, which the owner removes once it is no
 * longer renewed.
 */
export class StatusReader {
  readonly #files: Storage;
  readonly #now: () => number;
  /** What was there before anything was asked, if that is known. */
  #old: { readonly text: string | undefined } | undefined;
  #renewedAt = -Infinity;
  #changedAt = 0;
  #latest: LiveStatus | undefined;
  #problem: string | undefined;
  #isThere = false;

  /** Asks nothing yet; `now` returns ms since some instant. */
  constructor(files: Storage, now: () => number = () => performance.now()) {
    this.#files = files;
    this.#now = now;
  }

  /** Why there is no answer, as far as this process can tell. */
  get reason(): string {
    return this.#problem ?? NO_ANSWER;
  }

  /** Whether nothing can be asked, and nobody else seems to ask. */
  get isHopeless(): boolean {
    return this.#problem !== undefined && !this.#isThere;
  }

  /** Ms since a look found a status that was new. */
  get ageMs(): number {
    return this.#now() - this.#changedAt;
  }

  /**
   * Renews the request, and returns the newest status that was written after the
   * first one; `undefined` if there is none, or no more.
   */
  async look(): Promise<LiveStatus | undefined> {
    const text = await this.#read();
    this.#isThere = text !== undefined;
    this.#old ??= { text };
    if (this.#now() - this.#renewedAt >= RENEW_MS) await this.#renew();
    if (text === undefined) return this.#latest = undefined;
    if (text === this.#old.text) return this.#latest;
    const status = parseStatus(text);
    if (status === undefined) return this.#latest;
    const { epoch, sequence } = this.#latest ?? { epoch: 0, sequence: 0 };
    // What a displaced owner wrote last may be there for a moment.
    if (status.epoch < epoch) return this.#latest;
    if (status.epoch > epoch || status.sequence !== sequence) {
      this.#changedAt = this.#now();
    }
    return this.#latest = status;
  }

  /** Withdraws the request unless there is an owner, who will do that. */
  async end(): Promise<void> {
    if (this.#latest !== undefined || this.#renewedAt === -Infinity) return;
    await removeQuietly(this.#files, REQUEST_NAME);
  }

  /** An unreadable status is none. */
  async #read(): Promise<string | undefined> {
    try {
      return await readText(this.#files, STATUS_NAME);
    } catch {
      return undefined;
    }
  }

  /** Replaces the request: a link of that name must not lead elsewhere. */
  async #renew(): Promise<void> {
    const token = crypto.getRandomValues(new Uint32Array(1))[0];
    const text = token.toString(16).padStart(8, "0");
    const temporary = `${REQUEST_NAME}.${text}.tmp`;
    try {
      const file = await this.#files.open(temporary, "create");
      try {
        await writeAll(file, new TextEncoder().encode(text), 0);
      } finally {
        await file.close();
      }
      await this.#files.rename(temporary, REQUEST_NAME);
      this.#renewedAt = this.#now();
      this.#problem = undefined;
    } catch (error) {
      this.#problem = (error as Error).message;
      await removeQuietly(this.#files, temporary);
    }
  }
}

/** Options of {@linkcode askStatus}. */
export interface AskOptions {
  /** How long to wait for an answer, in ms. Default 3000. */
  readonly waitMs?: number | undefined;
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
  /** Asks; a new one by default. */
  readonly reader?: StatusReader | undefined;
}

/** The status of a log, or why there is none. */
export type StatusAnswer =
  | { readonly status: LiveStatus; readonly reason?: undefined }
  | { readonly status?: undefined; readonly reason: string };

/**
 * Asks the owner of the log in `files` for its status, and waits for an answer,
 * which takes about a second. Changes nothing in the log; it writes and removes
 * files whose names begin with `.wal-status`. Never rejects.
 */
export async function askStatus(
  files: Storage,
  options: AskOptions = {},
): Promise<StatusAnswer> {
  const { waitMs = ANSWER_MS, signal } = options;
  const { reader = new StatusReader(files) } = options;
  for (let waited = 0;; waited += LOOK_MS) {
    const status = await reader.look();
    if (status !== undefined) return { status };
    const isOver = waited >= waitMs || signal?.aborted;
    if (isOver || reader.isHopeless) break;
    await pause(LOOK_MS, signal);
  }
  if (options.reader === undefined) await reader.end();
  return { reason: reader.reason };
}

/** Resolves after `ms`, or once the signal is aborted. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const stop = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      resolve();
    };
    const timer = setTimeout(stop, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
