/** One way to make records durable, of which the doctor measures the cost. */
export interface Trial {
  /** Whether the file grows with each write, or was filled with zeros before. */
  readonly file: "growing" | "zeroed";
  /**
   * Who syncs: nobody, the calling thread (`io: "blocking"`), the runtime's
   * thread pool (`io: "threaded"`), or a worker thread that is sent a message,
   * writes and syncs, and answers.
   */
  readonly call: "none" | "blocking" | "threaded" | "worker";
  /** Bytes that are written before each sync. */
  readonly bytes: number;
}

/** What one page of records costs, which is what the ways are compared by. */
export const PAGE_BYTES = 4096;

const FILES = ["zeroed", "growing"] as const;
const CALLS = ["blocking", "threaded", "worker"] as const;
const OTHER_BYTES = [512, 64 * 1024, 1024 * 1024];

/** All that is measured: every way with a page, then other sizes. */
export const TRIALS: readonly Trial[] = [
  { file: "zeroed", call: "none", bytes: PAGE_BYTES },
  ...FILES.flatMap((file) =>
    CALLS.map((call) => ({ file, call, bytes: PAGE_BYTES }))
  ),
  ...FILES.flatMap((file) =>
    OTHER_BYTES.map((bytes) => ({ file, call: "blocking" as const, bytes }))
  ),
];
