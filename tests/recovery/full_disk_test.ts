/*
 * Goal: a full disk is a state and not an end. Method: every call that needs
 * space fails with ENOSPC, once or for a while, in a workload with rotation,
 * checkpoint and close; what was acknowledged is there, what was rejected is
 * not, and the log continues by itself.
 */
import type {
  CallEffect,
  StorageCall,
} from "../../storage/memory/memory_file.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { StorageFullError } from "../../storage/storage_error.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import { assert, assertEquals, assertRejects } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

const NEEDS_SPACE = ["create", "write", "link", "rename"];
const OPTIONS: WalOptions = { segmentBytes: 4096, warn() {} };

/**
 * Fails calls that need space with ENOSPC: `calls` of them, starting at `from`.
 */
class FullFor {
  readonly #from: number;
  readonly #calls: number;
  readonly #part: number;
  calls = 0;

  constructor(from: number, calls: number, part: number) {
    this.#from = from;
    this.#calls = calls;
    this.#part = part;
  }

  onCall = ({ operation, bytes }: StorageCall): CallEffect | undefined => {
    if (!NEEDS_SPACE.includes(operation)) return undefined;
    const call = this.calls++;
    if (call < this.#from || call >= this.#from + this.#calls) return undefined;
    // A write may have written a part.
    return {
      error: "ENOSPC",
      ...(operation === "write" && { bytes: Math.min(this.#part, bytes - 1) }),
    };
  };
}

/** What must survive. */
interface Relied {
  texts: Map<number, string>;
  firstLsn: number;
}

/** Appends in two lives, with checkpoints; only a full disk may stop it. */
async function work(storage: MemoryStorage, relied: Relied): Promise<void> {
  for (let life = 0; life < 2; life++) {
    await attempt(async () => {
      const wal = await Wal.open(storage, OPTIONS);
      for (let nth = 0; nth < 4; nth++) {
        await append(wal, `${life}.${nth}`.padEnd(1500, "x"), relied);
        await append(wal, `${life}.${nth} small`, relied);
        if (nth === 2) {
          await attempt(async () => {
            const lsn = Math.max(1, await wal.flush());
            await wal.truncateBefore(lsn);
            relied.firstLsn = lsn;
          });
        }
      }
      await wal.close();
    });
  }
}

async function append(wal: Wal, text: string, relied: Relied): Promise<void> {
  await attempt(async () => {
    relied.texts.set(await wal.append(text), text);
  });
}

async function attempt(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    assert(error instanceof StorageFullError, `${(error as Error).stack}`);
  }
}

/** What is there is what was acknowledged, and not more. */
async function check(storage: MemoryStorage, relied: Relied): Promise<void> {
  const wal = await Wal.open(storage, OPTIONS);
  const found = new Map<number, string>();
  for await (const { lsn, data } of wal.read()) {
    found.set(lsn, new TextDecoder().decode(data));
  }
  const lsns = [...relied.texts.keys()].filter((lsn) => lsn >= relied.firstLsn);
  for (const lsn of lsns) assertEquals(found.get(lsn), relied.texts.get(lsn));
  for (const [lsn, text] of found) assertEquals(relied.texts.get(lsn), text);
  const next = await wal.append("it goes on");
  assertEquals(next, Math.max(0, ...relied.texts.keys()) + 1);
  await wal.close();
}

for (const calls of [1, 2, 3, 1000]) {
  for (const part of [0, 40]) {
    const how = `for ${calls} calls, with ${part} bytes of a write written`;
    test(`Wal continues after a full disk at any call, ${how}`, async () => {
      let fault: FullFor;
      let from = 0;
      do {
        fault = new FullFor(from, calls, part);
        const storage = new MemoryStorage({ onCall: fault.onCall, seed: 1 });
        const relied: Relied = { texts: new Map(), firstLsn: 1 };
        await work(storage, relied);
        await check(storage.kill(), relied);
        await check(storage.crash(() => 0), relied);
        from++;
      } while (from <= fault.calls);
      assert(from > 40, `${from} calls`);
    });
  }
}

test("append() rejects with the LSN from which on nothing was written", async () => {
  let isFull = false;
  const storage = new MemoryStorage({
    onCall: ({ operation }) =>
      isFull && operation === "write" ? { error: "ENOSPC" } : undefined,
  });
  const wal = await Wal.open(storage, OPTIONS);
  await wal.append("one");
  isFull = true;
  const calls = [wal.append("two"), wal.append("three"), wal.flush()];
  for (const call of calls) {
    const error = await assertRejects(() => call, StorageFullError);
    assertEquals(error.lsn, 2);
    // The name that the file has by now, not the one that it was made under.
    assertEquals(error.path, "[memory]/0000000000000001-00000001.wal");
  }
  isFull = false;
  assertEquals(await wal.append("two again"), 2);
  await wal.close();
});

test("enqueue() reports once that records were dropped", async () => {
  let isFull = false;
  const storage = new MemoryStorage({
    onCall: ({ operation }) =>
      isFull && operation === "write" ? { error: "ENOSPC" } : undefined,
  });
  const wal = await Wal.open(storage, OPTIONS);
  await wal.append("one");
  isFull = true;
  assertEquals(wal.enqueue("two"), 2);
  await new Promise((resolve) => setTimeout(resolve, 5));
  isFull = false;
  await assertRejects(async () => {
    await wal.settled(1); // It was written before, and is settled.
    wal.enqueue("two");
  }, StorageFullError);
  assertEquals(wal.enqueue("two"), 2);
  await wal.settled(2);
  await wal.close();
});

test("close() reports that records were dropped, and closes", async () => {
  let isFull = false;
  const storage = new MemoryStorage({
    onCall: ({ operation, file }) =>
      isFull && operation === "write" && file.endsWith(".wal")
        ? { error: "ENOSPC" }
        : undefined,
  });
  const wal = await Wal.open(storage, OPTIONS);
  await wal.append("one");
  isFull = true;
  wal.enqueue("two");
  await assertRejects(() => wal.close(), StorageFullError);
  isFull = false;
  const again = await Wal.open(storage, { ...OPTIONS, recovery: "strict" });
  assertEquals(await again.flush(), 1);
  await again.close();
});

test("Wal.open() on a full disk reads an end that it cannot copy, and truncates", async () => {
  const before = new MemoryStorage();
  const writer = await Wal.open(before, OPTIONS);
  for (let nth = 1; nth <= 6; nth++) {
    await writer.append(`${nth}`.padEnd(2000, "x"));
  }
  let isFull = true;
  const storage = before.kill({
    onCall: ({ operation, file }) =>
      isFull && file.startsWith("0000000000000") && operation !== "open" &&
        NEEDS_SPACE.includes(operation)
        ? { error: "ENOSPC" }
        : undefined,
  });
  const wal = await Wal.open(storage, OPTIONS);
  const lsns: number[] = [];
  for await (const { lsn } of wal.read()) lsns.push(lsn);
  assertEquals(lsns, [1, 2, 3, 4, 5, 6]);
  await assertRejects(() => wal.append("x"), StorageFullError);
  await assertRejects(() => wal.settled(6, "disk"), StorageFullError);
  await wal.truncateBefore(5);
  await assertRejects(() => wal.append("x"), StorageFullError);
  isFull = false;
  assertEquals(await wal.append("seven"), 7);
  // What was believed is durable by now.
  const survivor = await Wal.open(storage.crash(() => 0), OPTIONS);
  const left: number[] = [];
  for await (const { lsn } of survivor.read()) left.push(lsn);
  assertEquals(left, [5, 6, 7]);
  await wal.close();
});

test("truncateBefore() of all records frees the segment that is written to", async () => {
  let isFull = false;
  const storage = new MemoryStorage({
    onCall: ({ operation }) =>
      isFull && operation === "write" ? { error: "ENOSPC" } : undefined,
  });
  const wal = await Wal.open(storage, { ...OPTIONS, reserveBytes: 0 });
  for (let nth = 1; nth <= 3; nth++) await wal.append(`${nth}`);
  isFull = true;
  await assertRejects(() => wal.append("x"), StorageFullError);
  isFull = false;
  await wal.truncateBefore(4);
  assertEquals(await wal.append("four"), 4);
  const segments = storage.list().filter((name) => name.endsWith(".wal"));
  assertEquals(segments, ["0000000000000004-00000001.wal"]);
  await wal.close();
});
