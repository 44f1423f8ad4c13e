import type { MaybePromise } from "../../storage/storage.ts";

/** Something whose cost is measured, again and again. */
export interface Subject {
  /** Comes before each turn of measuring, and does not count. */
  prepare(): MaybePromise<void>;
  /** Whether its file is as large as it may get, until `prepare`. */
  readonly isFull: boolean;
  /** What is measured. */
  run(): MaybePromise<void>;
  /** Releases what it holds; may be called once, and any time. */
  close(): MaybePromise<void>;
}
