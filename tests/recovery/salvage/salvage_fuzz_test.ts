import fc from "fast-check";
import { salvageLog } from "../../../recovery/salvage/salvage_log.ts";
import {
  decodeSegmentHeader,
  encodeSegmentHeader,
} from "../../../storage/format/segment_header.ts";
import type { MemoryStorage } from "../../../storage/memory/memory_storage.ts";
import { assert, assertEquals } from "../../kit/assert.ts";
import { salvage } from "../../kit/check_salvage.ts";
import { recordReads } from "../../kit/record_reads.ts";
import { test } from "../../kit/register.ts";
import {
  assertTyped,
  filesOf,
  lsnsWithout,
  makeSmallLog,
  readLog,
  type SmallFrame,
  type SmallLog,
  storageOf,
} from "../../kit/small_log.ts";

/*
 * Goal: nothing that segments may hold makes a reader crash, hang, invent a
 * record or take more memory than there are bytes, and a salvage always leaves
 * a log that opens. Method: random bytes as segments, and segments that were
 * mutated and spliced; failures are printed with their seed and kept below.
 */

/** One change of a segment. Places and lengths are parts of its size. */
type Mutation =
  | {
    kind: "flip" | "zero" | "cut" | "drop" | "remove";
    at: number;
    length: number;
  }
  | { kind: "insert"; at: number; bytes: Uint8Array }
  | { kind: "copy"; at: number; from: number; source: number; length: number };

const part = fc.double({ min: 0, max: 1, noNaN: true });
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({
    kind: fc.constantFrom("flip", "zero", "cut", "drop", "remove"),
    at: part,
    length: part,
  }),
  fc.record({
    kind: fc.constant("insert" as const),
    at: part,
    bytes: fc.uint8Array({ minLength: 1, maxLength: 64 }),
  }),
  fc.record({
    kind: fc.constant("copy" as const),
    at: part,
    from: part,
    source: fc.nat(2),
    length: part,
  }),
);
const step = fc.record({ index: fc.nat(2), mutation });
type Step = { index: number; mutation: Mutation };

/** Seeds that have found something once, and those of every run. */
const SEEDS = [1, 2, 3];

for (const closed of [true, false]) {
  const state = closed ? "a closed log" : "a log whose writer died";
  for (const seed of [...SEEDS, undefined]) {
    const which = seed === undefined ? "a new seed" : `seed ${seed}`;
    test(`salvageLog() survives mutated segments of ${state}, ${which}`, async () => {
      const log = await makeSmallLog(closed);
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { minLength: 1, maxLength: 5 }),
          async (steps) => {
            const files = log.segments.map(({ bytes }) => bytes);
            const storage = storageOf(log);
            apply(storage, log.segments.map(({ name }) => name), files, steps);
            const spliced = steps.some(({ mutation: { kind } }) =>
              kind === "copy"
            );
            const intact = spliced ? [] : intactLsns(log, storage);
            await checkAnything(storage, intact);
          },
        ),
        { numRuns: 120, ...(seed !== undefined && { seed }) },
      );
    });
  }
}

test("salvageLog() survives random bytes as segments", async () => {
  const log = await makeSmallLog(true);
  const { log: id } = decodeSegmentHeader(log.segments[0].bytes) as {
    log: string;
  };
  const bytes = fc.uint8Array({ maxLength: 400 });
  const content = fc.record({ bytes, hasHeader: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(
      fc.array(content, { minLength: 3, maxLength: 3 }),
      async (contents) => {
        const storage = storageOf(log);
        for (const [index, { bytes, hasHeader }] of contents.entries()) {
          const { name } = log.segments[index];
          const [firstLsn, epoch] = name.split(/[-.]/).map(Number);
          const header = { log: id, firstLsn, epoch, salt: 7, previous: 7 };
          const head = hasHeader ? encodeSegmentHeader(header) : [];
          storage.put(name, Uint8Array.from([...head, ...bytes]));
        }
        await checkAnything(storage);
      },
    ),
    { numRuns: 200 },
  );
});

/** What sealed segments still have of their frames, at whatever place. */
function intactLsns({ segments }: SmallLog, storage: MemoryStorage): number[] {
  return segments.slice(0, 2).flatMap(({ name, bytes, frames }) => {
    const found = storage.get(name) ?? new Uint8Array();
    const isThere = ({ offset, end }: SmallFrame) => {
      const frame = bytes.subarray(offset, end);
      for (let at = 64; at + frame.length <= found.length; at += 8) {
        if (sameBytes(found.subarray(at, at + frame.length), frame)) {
          return true;
        }
      }
      return false;
    };
    return frames.filter(isThere).flatMap(({ firstLsn, lastLsn }) =>
      lsnsWithout([[1, firstLsn - 1]], lastLsn)
    );
  });
}

/**
 * What is true for any bytes under the names of segments; records with the LSNs
 * `intact` have to be kept.
 */
async function checkAnything(
  storage: MemoryStorage,
  intact: number[] = [],
): Promise<void> {
  const before = filesOf(storage);
  const reads: number[] = [];
  for (const recovery of ["tail", "strict"] as const) {
    const opened = recordReads(storage.kill(), reads);
    // `readLog` compares each record with what was sent under its LSN.
    await readLog(opened, { recovery }).catch((error) => {
      assertTyped(error);
    });
  }
  try {
    await salvageLog(recordReads(storage, reads));
  } catch (error) {
    assertEquals((error as Error).name, "FormatVersionError");
    assertEquals(filesOf(storage), before);
    return;
  }
  const sizes = [...before.values()].map(({ length }) => length);
  // A copy on opening may be longer by a header and a mark.
  const largest = Math.max(...sizes, 0) + 104;
  assertEquals(reads.filter((bytes) => bytes > largest), []);
  const { records } = await salvage(storage);
  assertEquals((await salvage(storage)).damages, []);
  const kept = [...filesOf(storage).values()];
  for (const [name, bytes] of before) {
    assert(kept.some((file) => sameBytes(file, bytes)), `${name} is gone`);
  }
  const { lsns } = await readLog(storage);
  assertEquals(lsns.length, records);
  assertEquals(intact.filter((lsn) => !lsns.includes(lsn)), []);
}

function apply(
  storage: MemoryStorage,
  names: string[],
  originals: Uint8Array[],
  steps: readonly Step[],
): void {
  for (const { index, mutation } of steps) {
    const bytes = storage.get(names[index]);
    if (bytes === undefined) continue;
    const changed = mutate(bytes, originals, mutation);
    if (changed === undefined) storage.remove(names[index]);
    else storage.put(names[index], changed);
  }
}

function mutate(
  bytes: Uint8Array,
  originals: Uint8Array[],
  mutation: Mutation,
): Uint8Array | undefined {
  const at = Math.floor(mutation.at * bytes.length);
  const result = bytes.slice();
  switch (mutation.kind) {
    case "flip":
      if (at < bytes.length) result[at] ^= 1 << Math.floor(mutation.length * 7);
      return result;
    case "zero":
      return result.fill(0, at, at + Math.floor(mutation.length * 100));
    case "cut":
      return result.slice(0, at);
    case "drop": {
      const end = at + 8 * Math.floor(mutation.length * 20);
      return Uint8Array.from([...bytes.slice(0, at), ...bytes.slice(end)]);
    }
    case "remove":
      return mutation.length < 0.2 ? undefined : result;
    case "insert":
      return Uint8Array.from([
        ...bytes.slice(0, at),
        ...mutation.bytes,
        ...bytes.slice(at),
      ]);
    case "copy":
      return paste(result, originals[mutation.source], mutation);
  }
}

/** Whole frames, most of the time: they lie at multiples of 8. */
function paste(
  target: Uint8Array,
  source: Uint8Array,
  { at, from, length }: { at: number; from: number; length: number },
): Uint8Array {
  const place = 8 * Math.floor(at * target.length / 8);
  const start = 8 * Math.floor(from * source.length / 8);
  const copied = source.slice(start, start + 8 * Math.floor(length * 30));
  const size = Math.max(target.length, place + copied.length);
  const result = new Uint8Array(size);
  result.set(target);
  result.set(copied, place);
  return result;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
