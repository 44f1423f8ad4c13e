import type { BatchSource, RecordBatch } from "../storage/frame_log.ts";

/** The records `from` to `to`, both included; `undefined` for one that is lost. */
async function recordsOf(
  batches: BatchSource,
): Promise<(Uint8Array | undefined)[]> {
  const found: (Uint8Array | undefined)[] = [];
  try {
    for (;;) {
      const { value, done } = await batches.next();
      if (done) return found;
      const { records, lost = 0 } = value as RecordBatch;
      found.push(...records, ...Array(lost).fill(undefined));
    }
  } finally {
    await batches.return?.(undefined);
  }
}

/** LSN of the first record that differs between two logs, if any does. */
export async function firstDifference(
  from: number,
  one: BatchSource,
  other: BatchSource,
): Promise<number | undefined> {
  const [ones, others] = [await recordsOf(one), await recordsOf(other)];
  const isSame = (index: number) => {
    const [mine, yours] = [ones[index], others[index]];
    if (mine === undefined || yours === undefined) return mine === yours;
    return mine.length === yours.length &&
      mine.every((byte, at) => byte === yours[at]);
  };
  const count = Math.max(ones.length, others.length);
  for (let index = 0; index < count; index++) {
    if (!isSame(index)) return from + index;
  }
  return undefined;
}
