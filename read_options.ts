/** Which records to read. */
export interface ReadOptions {
  /** LSN of the first. Default: the oldest that is kept. */
  from?: number | undefined;
  /** LSN of the last. Default: the last one written when reading begins. */
  to?: number | undefined;
}
