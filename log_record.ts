/** A record as read back. */
export interface LogRecord {
  /** The record's number. */
  lsn: number;
  /** Its bytes; share memory with its neighbours', so copy to keep one. */
  data: Uint8Array<ArrayBuffer>;
}
