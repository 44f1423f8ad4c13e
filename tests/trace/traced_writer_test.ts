import { readTrace } from "../../trace/read_trace.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import { assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The number of the append that each one waited for, from 1; or 0. */
async function linksOf(use: (wal: Wal) => Promise<unknown>): Promise<number[]> {
  const lines: string[] = [];
  const trace = { write: (more: string) => void lines.push(more) };
  const wal = await Wal.open(new MemoryStorage(), { trace });
  await use(wal);
  await wal.close();
  const links: number[] = [];
  for await (const event of readTrace(lines)) {
    if (event.kind !== "turn") continue;
    for (const { after } of event.appends) {
      const nth = links.length + 1;
      links.push(after === undefined ? 0 : nth - after);
    }
  }
  return links;
}

/** Appends `count` times, waiting for each ack, and then for `thinkMs`. */
async function call(wal: Wal, count: number, thinkMs?: number): Promise<void> {
  for (let nth = 0; nth < count; nth++) {
    await wal.append("record");
    if (thinkMs !== undefined) await pause(thinkMs);
  }
}

/** Three rounds of 16 callers: each append waited for the 16th before it. */
const ROUNDS = Array.from({ length: 48 }, (_, nth) => Math.max(0, nth - 15));

test("trace links the appends of callers that wait", async () => {
  const callers = (wal: Wal, thinkMs?: number) =>
    Promise.all(Array.from({ length: 16 }, () => call(wal, 3, thinkMs)));
  assertEquals(await linksOf((wal) => callers(wal)), ROUNDS);
  assertEquals(await linksOf((wal) => callers(wal, 1)), ROUNDS);
});

test("trace links a batch, a chain of then(), and what follows a timer", async () => {
  const links = await linksOf(async (wal) => {
    await wal.appendBatch(["a", "b"]);
    await wal.appendBatch(["c", "d"]).then(() => wal.append("e"));
    await new Promise<void>((resolve) => {
      setTimeout(() => wal.append("f").then(() => resolve()), 1);
    });
  });
  assertEquals(links, [0, 1, 2, 2]);
});

test("trace does not link what waits for nothing", async () => {
  const links = await linksOf(async (wal) => {
    for (let nth = 0; nth < 4; nth++) {
      wal.append("record").catch(() => {});
      await pause(1);
    }
    for (let nth = 0; nth < 4; nth++) {
      wal.enqueue("record");
      await pause(1);
    }
  });
  assertEquals(links, [0, 0, 0, 0, 0, 0, 0, 0]);
});

test("trace links appends that were made at once to what they all waited for", async () => {
  const links = await linksOf(async (wal) => {
    await wal.append("first");
    const acked = ["a", "b", "c"].map((record) => wal.append(record));
    await Promise.all(acked);
    await wal.append("after all");
    void wal.append("on the way");
    await wal.append("last");
  });
  assertEquals(links, [0, 1, 1, 1, 4, 5, 5]);
});

test("trace links what follows settled() and flush()", async () => {
  const links = await linksOf(async (wal) => {
    await wal.settled(wal.enqueue("a"));
    await wal.settled(wal.enqueue("b"));
    wal.enqueue("c");
    await wal.flush();
    wal.enqueue("d");
    await wal.settled(4);
    wal.enqueue("e");
  });
  assertEquals(links, [0, 1, 2, 3, 4]);
});

test("trace links the first appends of callers to what their parent waited for", async () => {
  const links = await linksOf(async (wal) => {
    await wal.append("parent");
    await Promise.all([call(wal, 2), call(wal, 2)]);
  });
  assertEquals(links, [0, 1, 1, 2, 3]);
});

test("trace keeps the promises of appends as they are", async () => {
  const lines: string[] = [];
  const trace = { write: (more: string) => void lines.push(more) };
  const wal = await Wal.open(new MemoryStorage(), { trace });
  const acked = wal.append("record");
  assertEquals(acked instanceof Promise, true);
  assertEquals(acked.then(() => {}).constructor, Promise);
  assertEquals(await acked, 1);
  assertEquals(await wal.appendBatch(["a", "b"]), { first: 2, last: 3 });
  assertEquals(await wal.append("x").finally(() => {}), 4);
  await wal.close();
});
