/** What is noted of a log in use, as plain data. */
export type WalFact =
  /** Records that may be in the log, in the order of their LSNs. */
  | { kind: "sent"; bytes: readonly number[]; together: boolean }
  /** There was no space: records from `lsn` on were rejected, and are gone. */
  | { kind: "dropped"; lsn: number }
  /** All up to `lsn` was acknowledged. */
  | { kind: "acked"; lsn: number }
  /** Segments below `lsn` may be gone. */
  | { kind: "truncated"; lsn: number }
  /** After a crash the log ended at `lsn`, which is durable. */
  | { kind: "recovered"; lsn: number };
