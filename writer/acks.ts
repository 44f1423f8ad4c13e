import { invariant } from "../invariant.ts";
import { WaiterQueue } from "./ack_waiters.ts";

/**
 * What is true of a record once it is acknowledged:
 *
 * - `"memory"`: it has its place in the queue; lost if the process dies;
 * - `"os"`: it was written; survives a killed process, not power loss;
 * - `"disk"`: it was synced; survives power loss.
 */
export type AckLevel = "memory" | "os" | "disk";

/** Throws `TypeError` unless `value` is an {@linkcode AckLevel}. */
export function requireAckLevel(value: unknown): AckLevel {
  if (value === "disk" || value === "os" || value === "memory") return value;
  throw new TypeError(
    `Cannot acknowledge at that level because it must be "memory", "os" or ` +
      `"disk": received ${
        typeof value === "string" ? `"${value}"` : String(value)
      }`,
  );
}

/** How far the log has got, and who waits for it to get further. */
export class Acknowledgements {
  readonly #written = new WaiterQueue();
  readonly #durable = new WaiterQueue();
  #writtenLsn: number;
  #durableLsn: number;

  /** Everything up to `lsn` is written, and up to `durableLsn` durable. */
  constructor(lsn: number, durableLsn = lsn) {
    this.#writtenLsn = lsn;
    this.#durableLsn = durableLsn;
  }

  /** LSN up to which records are written. */
  get writtenLsn(): number {
    return this.#writtenLsn;
  }

  /** LSN up to which records are synced. */
  get durableLsn(): number {
    return this.#durableLsn;
  }

  /** Whether the record `lsn` has reached `level`. */
  reached(lsn: number, level: AckLevel): boolean {
    if (level === "memory") return true;
    return lsn <= (level === "os" ? this.#writtenLsn : this.#durableLsn);
  }

  /** Resolves with `lsn` once that record has reached `level`. */
  wait(lsn: number, level: AckLevel): Promise<number> {
    if (this.reached(lsn, level)) return Promise.resolve(lsn);
    return this.#waiters(level).wait(lsn);
  }

  /** Resolves with `value` once the record `lsn` has reached `level`. */
  waitWith<Value>(lsn: number, level: AckLevel, value: Value): Promise<Value> {
    if (this.reached(lsn, level)) return Promise.resolve(value);
    return this.#waiters(level).waitWith(lsn, value);
  }

  /** All up to `lsn` is written, and durable too if `synced`. */
  advance(lsn: number, synced: boolean): void {
    invariant(lsn >= this.#writtenLsn, "acknowledged LSN goes back");
    this.#writtenLsn = lsn;
    if (synced) this.#durableLsn = lsn;
    this.#written.release(this.#writtenLsn);
    this.#durable.release(this.#durableLsn);
  }

  /** Rejects who wait for what is not written, and says how many did. */
  rejectUnwritten(error: Error): number {
    return this.#written.reject(error) +
      this.#durable.rejectAbove(this.#writtenLsn, error);
  }

  /** Rejects who wait for something to be durable, and says how many did. */
  rejectUnsynced(error: Error): number {
    return this.#durable.reject(error);
  }

  /** Rejects all who wait, and says how many did. */
  reject(error: Error): number {
    return this.#written.reject(error) + this.#durable.reject(error);
  }

  #waiters(level: AckLevel): WaiterQueue {
    return level === "os" ? this.#written : this.#durable;
  }
}

/** Options of an append. */
export interface AppendOptions {
  /** What is to be true when the promise resolves. Default: the log's. */
  ack?: AckLevel | undefined;
}
