import type { AckLevel } from "../ack_level.ts";

/** What a workload does next to a log. */
export type WalStep =
  /** Appends a record of so many bytes, and goes on at once. */
  | { do: "append"; bytes: number; ack?: AckLevel }
  /** Appends records that stay together, and goes on at once. */
  | { do: "appendBatch"; bytes: readonly number[]; ack?: AckLevel }
  /** Queues a record without a promise, and asks when it is settled. */
  | { do: "enqueue"; bytes: number }
  /** Waits until all that was appended is acknowledged. */
  | { do: "await" }
  /** Lets a turn of the event loop pass. */
  | { do: "turn" }
  /** Lets time pass. */
  | { do: "wait"; ms: number }
  /** Flushes and syncs. */
  | { do: "flush" }
  /** Drops what is older than what is durable, and goes on at once. */
  | { do: "truncate" }
  /** Closes the log and opens it again. */
  | { do: "reopen" };
