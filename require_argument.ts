import { isBytes } from "./encode_record.ts";

/** Throws `TypeError` unless `records` can be a batch. */
export function requireIterable<T>(records: Iterable<T>): Iterable<T> {
  const iterable = typeof records === "object" && records !== null &&
    Symbol.iterator in records && !isBytes(records);
  if (iterable) return records;
  throw new TypeError(
    "Cannot append a batch as it must be an iterable of records: received " +
      (isBytes(records) ? "a Uint8Array" : typeof records),
  );
}

/** Throws unless `lsn` is an integer from `least` to `most`. */
export function requireLsn(
  action: string,
  lsn: unknown,
  least: number,
  most: number,
): void {
  const valid = Number.isSafeInteger(lsn) && (lsn as number) >= least &&
    (lsn as number) <= most;
  if (valid) return;
  const message =
    `Cannot ${action} record ${lsn} as it must be an integer from ${least} ` +
    `to ${most}`;
  throw typeof lsn === "number"
    ? new RangeError(message)
    : new TypeError(message);
}
