/*
 * Goal: damage is told from a torn tail, is never believed, and never shortens
 * a log below what it declares synced. Method: rows of damage to a log of
 * three segments, then every bit and every length of a small one.
 */
import { MemoryStorage } from "../../storage/memory_storage.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertRejects,
  assertStringIncludes,
} from "../support/assert.ts";
import { test } from "../support/register.ts";

interface Row {
  /** What happened, as a sentence. */
  name: string;
  /** Damages the log. */
  damage(log: DamagedLog): void;
  /** Whether its writer had closed it. */
  closed: boolean;
  /** LSN up to which it is recovered, or what the refusal says. */
  want: number | string;
  /** The same with `recovery: "strict"`, where it differs. */
  strict?: string;
}

/** A log of 9 records of 1000 bytes, three a segment; a small language. */
class DamagedLog {
  readonly storage: MemoryStorage;

  constructor(storage: MemoryStorage) {
    this.storage = storage;
  }

  get segments(): string[] {
    return this.storage.list().filter((name) => name.endsWith(".wal")).sort();
  }

  flip(segment: number, offset: number): void {
    const name = this.segments[segment];
    const bytes = this.storage.get(name)!;
    bytes[offset < 0 ? bytes.length + offset : offset] ^= 1;
    this.storage.put(name, bytes);
  }

  cut(segment: number, size: number): void {
    const name = this.segments[segment];
    const bytes = this.storage.get(name)!;
    this.storage.put(name, bytes.slice(0, size));
  }

  append(segment: number, bytes: Uint8Array): void {
    const name = this.segments[segment];
    const before = this.storage.get(name)!;
    const after = new Uint8Array(before.length + bytes.length);
    after.set(before);
    after.set(bytes, before.length);
    this.storage.put(name, after);
  }

  copyFrame(segment: number, from: number, bytes: number): void {
    const name = this.segments[segment];
    this.append(segment, this.storage.get(name)!.slice(from, from + bytes));
  }

  remove(segment: number): void {
    this.storage.remove(this.segments[segment]);
  }
}

const FRAME = 40 + 1004 + 4;
const third = (record: number) => 64 + record * FRAME;

const ROWS: Row[] = [
  { name: "nothing happened", damage() {}, closed: true, want: 9 },
  { name: "its writer died after a sync", damage() {}, closed: false, want: 9 },
  {
    name: "the last frame was torn",
    damage: (log) => log.cut(2, third(2) + 500),
    closed: false,
    want: 8,
    strict: "strict",
  },
  {
    name: "the last frame's header was torn",
    damage: (log) => log.cut(2, third(2) + 17),
    closed: false,
    want: 8,
    strict: "strict",
  },
  {
    name: "the last frame was garbled",
    damage: (log) => log.flip(2, third(2) + 700),
    closed: false,
    want: 8,
    strict: "strict",
  },
  {
    name: "the last frame was garbled, but the log had been closed",
    damage: (log) => log.flip(2, third(2) + 700),
    closed: true,
    want: "record 9 is damaged (checksum",
  },
  {
    name: "a frame before the last was garbled",
    damage: (log) => log.flip(2, third(1) + 700),
    closed: false,
    want: "record 8 is damaged (checksum",
  },
  {
    name: "the length of a frame before the last is absurd",
    damage: (log) => log.flip(2, third(1) + 39),
    closed: false,
    want: "record 8 is damaged (short",
  },
  {
    name: "zeros lie behind the end, as in a prepared segment",
    damage: (log) => log.append(2, new Uint8Array(10_000)),
    closed: false,
    want: 9,
  },
  {
    name: "rubbish lies behind the end",
    damage: (log) => log.append(2, new Uint8Array(10_000).fill(7)),
    closed: false,
    want: 9,
    strict: "strict",
  },
  {
    name: "a stale frame of the same segment lies behind the end",
    damage: (log) => log.copyFrame(2, third(0), FRAME),
    closed: false,
    want: 9,
    strict: "record 10 is damaged (link",
  },
  {
    name: "the last segment's header was damaged",
    damage: (log) => log.flip(2, 40),
    closed: false,
    want: "segment header checksum",
  },
  {
    name: "the last segment is empty",
    damage: (log) => log.cut(2, 0),
    closed: false,
    want: "segment header short",
  },
  {
    name: "a sealed segment was garbled",
    damage: (log) => log.flip(1, third(1) + 300),
    closed: true,
    want: "record 5 is missing (checksum",
  },
  {
    name: "a sealed segment was cut at a frame",
    damage: (log) => log.cut(1, third(2)),
    closed: true,
    want: "record 6 is missing (end",
  },
  {
    name: "a sealed segment is gone",
    damage: (log) => log.remove(1),
    closed: true,
    want: "record 4 is missing",
  },
];

for (const row of ROWS) {
  for (const recovery of ["tail", "strict"] as const) {
    const want = recovery === "strict" ? row.strict ?? row.want : row.want;
    const outcome = typeof want === "number" ? `finds ${want}` : "refuses";
    test(`Wal.open() in mode ${recovery} ${outcome} when ${row.name}`, async () => {
      const log = new DamagedLog(await makeLog(9, 1000, row.closed));
      row.damage(log);
      const before = snapshot(log.storage);
      if (typeof want === "number") {
        assertEquals(await readAll(log.storage, { recovery }), want);
        assertEquals(await readAll(log.storage, { recovery }), want);
      } else {
        const error = await assertRejects(
          () => readAll(log.storage, { recovery }),
        );
        assertStringIncludes((error as Error).message, want);
      }
      for (const [name, bytes] of before) {
        assertEquals(log.storage.get(name), bytes, `${name} was changed`);
      }
    });
  }
}

for (const closed of [true, false]) {
  const state = closed ? "a closed log" : "a log whose writer died";
  test(`Wal.open() believes no flipped bit of ${state}`, async () => {
    const original = await makeLog(4, 9, closed, { segmentBytes: 4096 });
    const [name] = new DamagedLog(original).segments;
    const bytes = original.get(name)!;
    // Only the last frame of a log that was not closed may be taken for torn.
    const least = closed ? 4 : 3;
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3] ^= 1 << (bit & 7);
      const storage = new MemoryStorage();
      storage.put(name, flipped);
      await recoversOrRefuses(storage, least);
    }
  });

  test(`Wal.open() survives every truncation of ${state}`, async () => {
    const original = await makeLog(4, 9, closed, { segmentBytes: 4096 });
    const [name] = new DamagedLog(original).segments;
    const bytes = original.get(name)!;
    for (let size = 0; size < bytes.length; size++) {
      const storage = new MemoryStorage();
      storage.put(name, bytes.slice(0, size));
      await recoversOrRefuses(storage, 0);
    }
  });
}

/** Every record read is as it was written: its bytes repeat its LSN. */
async function recoversOrRefuses(
  storage: MemoryStorage,
  least: number,
): Promise<void> {
  try {
    assertGreaterOrEqual(await readAll(storage), least);
  } catch (error) {
    const { name, message } = error as Error;
    const typed = ["CorruptLogError", "ForeignFileError", "FormatVersionError"];
    assert(typed.includes(name), `${name}: ${message}`);
  }
}

async function makeLog(
  records: number,
  bytes: number,
  closed: boolean,
  options: WalOptions = { segmentBytes: 4096 },
): Promise<MemoryStorage> {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage, options);
  for (let lsn = 1; lsn <= records; lsn++) {
    await wal.append(new Uint8Array(bytes).fill(lsn));
  }
  const died = storage.crash(() => 0);
  await wal.close();
  return closed ? storage.crash(() => 0) : died;
}

async function readAll(
  storage: MemoryStorage,
  options?: WalOptions,
): Promise<number> {
  const wal = await Wal.open(storage, options);
  try {
    let expected = 1;
    for await (const { lsn, data } of wal.read()) {
      assertEquals(lsn, expected++);
      assert(data.every((byte) => byte === lsn), `record ${lsn} has changed`);
    }
    return expected - 1;
  } finally {
    await wal.close();
  }
}

function snapshot(storage: MemoryStorage): Map<string, Uint8Array> {
  return new Map(storage.list().map((name) => [name, storage.get(name)!]));
}
