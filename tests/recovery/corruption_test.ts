/*
 * Goal: damage is distinguished from a torn tail, is never believed, and never
 * shortens a log below what it declares synced. Method: rows of damage to a log
 * of three segments, in each mode.
 */
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "../kit/assert.ts";
import { withoutZeros } from "../kit/changed_storage.ts";
import { test } from "../kit/register.ts";
import { filesOf } from "../kit/small_log.ts";

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
  /** The same with `recovery: "salvage"`, where it is refused otherwise. */
  salvaged?: { last: number; holes?: [number, number][] };
}

/**
 * A log of 9 records of 1000 bytes, three per segment, and a small language for
 * damage.
 */
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

const FRAME = 48 + 1004 + 4;
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
    salvaged: { last: 9, holes: [[9, 9]] },
  },
  {
    name: "a frame before the last was garbled",
    damage: (log) => log.flip(2, third(1) + 700),
    closed: false,
    want: "record 8 is damaged (checksum",
    salvaged: { last: 9, holes: [[8, 8]] },
  },
  {
    name: "the length of a frame before the last is absurd",
    damage: (log) => log.flip(2, third(1) + 39),
    closed: false,
    want: "record 8 is damaged (short",
    salvaged: { last: 9, holes: [[8, 8]] },
  },
  {
    name: "zeros lie beyond the end, ahead of need",
    damage: (log) => log.append(2, new Uint8Array(10_000)),
    closed: false,
    want: 9,
  },
  {
    name: "rubbish lies beyond the end",
    damage: (log) => log.append(2, new Uint8Array(10_000).fill(7)),
    closed: false,
    want: 9,
    strict: "strict",
  },
  {
    name: "a stale frame of the same segment lies beyond the end",
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
    salvaged: { last: 9 },
  },
  {
    name: "the last segment is empty",
    damage: (log) => log.cut(2, 0),
    closed: false,
    want: "segment header short",
    salvaged: { last: 6 },
  },
  {
    name: "a sealed segment was garbled",
    damage: (log) => log.flip(1, third(1) + 300),
    closed: true,
    want: "record 5 is missing (checksum",
    salvaged: { last: 9, holes: [[5, 5]] },
  },
  {
    name: "a sealed segment was cut at a frame",
    damage: (log) => log.cut(1, third(2)),
    closed: true,
    want: "record 6 is missing (end",
    salvaged: { last: 9, holes: [[6, 6]] },
  },
  {
    name: "a third of the last segment is gone, but the log had been closed",
    damage: (log) => log.cut(2, third(2)),
    closed: true,
    want: "record 9 is missing",
    salvaged: { last: 9, holes: [[9, 9]] },
  },
  {
    name: "the first segment is gone",
    damage: (log) => log.remove(0),
    closed: true,
    want: "records 1 to 3 are missing",
    salvaged: { last: 9, holes: [[1, 3]] },
  },
  {
    name: "the last segment is gone, but the log had been closed",
    damage: (log) => log.remove(2),
    closed: true,
    want: "record 7 is missing",
    salvaged: { last: 9, holes: [[7, 9]] },
  },
  {
    name: "every segment is gone",
    damage: (log) => [2, 1, 0].forEach((index) => log.remove(index)),
    closed: true,
    want: "records 1 to 9 are missing",
    salvaged: { last: 9, holes: [[1, 9]] },
  },
  {
    name: "the manifest is gone",
    damage: (log) => log.storage.remove("00000001.manifest"),
    closed: true,
    want: "the manifest is missing",
    salvaged: { last: 9 },
  },
  {
    name: "the manifest was damaged",
    damage: (log) => log.storage.put("00000001.manifest", new Uint8Array(128)),
    closed: true,
    want: "manifest magic",
    salvaged: { last: 9 },
  },
  {
    name: "rubbish lies after a clean close, as in a reused segment",
    damage: (log) => log.append(2, new Uint8Array(10_000).fill(7)),
    closed: true,
    want: 9,
  },
  {
    name: "a sealed segment is gone",
    damage: (log) => log.remove(1),
    closed: true,
    want: "record 4 is missing",
    salvaged: { last: 9, holes: [[4, 6]] },
  },
];

for (const row of ROWS) {
  for (const recovery of ["tail", "strict"] as const) {
    const want = recovery === "strict" ? row.strict ?? row.want : row.want;
    const outcome = typeof want === "number" ? `finds ${want}` : "refuses";
    test(`Wal.open() in mode ${recovery} ${outcome} when ${row.name}`, async () => {
      const log = new DamagedLog(await makeLog(9, 1000, row.closed));
      row.damage(log);
      const before = filesOf(log.storage);
      if (typeof want === "number") {
        const found = { last: want, holes: [] };
        assertEquals(await readAll(log.storage, { recovery }), found);
        assertEquals(await readAll(log.storage, { recovery }), found);
      } else {
        const error = await assertRejects(
          () => readAll(log.storage, { recovery }),
        );
        assertStringIncludes((error as Error).message, want);
      }
      for (const [name, bytes] of before) {
        if (!name.endsWith(".wal")) continue;
        assertEquals(log.storage.get(name), bytes, `${name} was changed`);
      }
    });
  }

  test(`Wal.open() in mode salvage keeps what is intact when ${row.name}`, async () => {
    const log = new DamagedLog(await makeLog(9, 1000, row.closed));
    row.damage(log);
    const last = row.salvaged?.last ?? row.want as number;
    const found = { last, holes: row.salvaged?.holes ?? [] };
    const warnings: string[] = [];
    const warn = (message: string) => warnings.push(message);
    const options: WalOptions = { recovery: "salvage", warn };
    assertEquals(await readAll(log.storage, options), found);
    assertEquals(warnings.length > 0, row.salvaged !== undefined);
    assertEquals(await readAll(log.storage), found);
  });
}

async function makeLog(
  records: number,
  bytes: number,
  closed: boolean,
  options: WalOptions = { segmentBytes: 4096 },
): Promise<MemoryStorage> {
  const storage = new MemoryStorage();
  const wal = await Wal.open(withoutZeros(storage), options);
  for (let lsn = 1; lsn <= records; lsn++) {
    await wal.append(new Uint8Array(bytes).fill(lsn));
  }
  const died = storage.crash(() => 0);
  await wal.close();
  return closed ? storage.crash(() => 0) : died;
}

/** Every record read is as it was written: its bytes repeat its LSN. */
async function readAll(
  storage: MemoryStorage,
  options?: WalOptions,
): Promise<{ last: number; holes: [number, number][] }> {
  const wal = await Wal.open(storage, options);
  try {
    const holes: [number, number][] = [];
    let next = 1;
    for await (const { firstLsn, records, lost } of wal.readBatches()) {
      assertEquals(firstLsn, next);
      next += lost ?? records.length;
      if (lost !== undefined) holes.push([firstLsn, next - 1]);
      let lsn = firstLsn;
      for (const data of records) {
        assert(data.every((byte) => byte === lsn), `record ${lsn} has changed`);
        lsn++;
      }
    }
    return { last: next - 1, holes };
  } finally {
    await wal.close();
  }
}
