import type { AckLevel } from "./ack_level.ts";

/** Options of an append. */
export interface AppendOptions {
  /** What is to be true when the promise resolves. Default: the log's. */
  ack?: AckLevel | undefined;
}
