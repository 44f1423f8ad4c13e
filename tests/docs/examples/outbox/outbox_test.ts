import { json, Wal, WalReader } from "@syncline/wal";
import { SnapshotMissingError } from "@syncline/wal/checkpoint";
import { MemoryStorage } from "@syncline/wal/storage";
import {
  dispatch,
  type DispatchOptions,
} from "../../../../docs/examples/outbox/dispatch.ts";
import {
  Ledger,
  type LedgerEvent,
  type LedgerRecord,
  OUTBOX,
} from "../../../../docs/examples/outbox/ledger.ts";
import { assert, assertEquals, assertRejects } from "../../../kit/assert.ts";
import { test } from "../../../kit/register.ts";

async function openLedger(storage = new MemoryStorage()): Promise<Ledger> {
  const ledger = await Ledger.open(storage);
  await ledger.openAccount("ann", 100);
  await ledger.openAccount("bob", 0);
  return ledger;
}

const pay = (cents: number) => ({ from: "ann", to: "bob", cents });

/** Delivers until `count` deliveries have been tried. */
async function deliver(
  ledger: Ledger,
  count: number,
  options: Partial<DispatchOptions> = {},
): Promise<string[]> {
  const ending = new AbortController();
  const keys: string[] = [];
  const cursor = await ledger.outbox();
  await dispatch(cursor, {
    bury: (event, reason) => ledger.bury(event, reason),
    signal: ending.signal,
    sleep: () => Promise.resolve(),
    ...options,
    async deliver(event) {
      keys.push(event.key);
      if (keys.length === count) ending.abort();
      await options.deliver?.(event);
    },
  });
  await cursor.close();
  return keys;
}

test("Ledger.transfer() moves money once per id, and never more than there is", async () => {
  const storage = new MemoryStorage();
  let ledger = await openLedger(storage);
  await Promise.all([
    ledger.transfer("1", pay(30)),
    ledger.transfer("1", pay(30)),
    ledger.transfer("2", pay(60)),
    assertRejects(() => ledger.transfer("3", pay(11)), RangeError, "has 10"),
    assertRejects(
      () => ledger.transfer("4", { ...pay(1), to: "eve" }),
      RangeError,
      "no such account",
    ),
  ]);
  await ledger.transfer("2", pay(60));
  for (const cents of [0, -1, 0.5, NaN]) {
    await assertRejects(() => ledger.transfer("5", pay(cents)), RangeError);
  }
  const check = () => {
    assertEquals([ledger.balance("ann"), ledger.balance("bob")], [10, 90]);
    assertEquals(["1", "2", "3"].map((id) => ledger.has(id)), [
      ...[true, true, false],
    ]);
  };
  check();
  await ledger.checkpoint();
  await ledger.close();
  ledger = await Ledger.open(storage);
  check();
  await ledger.close();
});

test("dispatch() delivers events in order, and after a restart what it had not committed", async () => {
  const storage = new MemoryStorage();
  let ledger = await openLedger(storage);
  for (const id of "abcde") await ledger.transfer(id, pay(1));
  assertEquals(await deliver(ledger, 3), ["a", "b", "c"]);
  // A checkpoint drops nothing that the outbox needs.
  await ledger.checkpoint();
  await ledger.close();
  ledger = await Ledger.open(storage);
  const delivered: string[] = [];
  // As if killed: no commit after the first, because nothing else ends it.
  const killed = deliver(ledger, 9, {
    ...{ attempts: 1, commitEvery: 1000 },
    bury: () => Promise.reject(new Error("killed")),
    deliver({ key }: LedgerEvent) {
      delivered.push(key);
      if (key === "e") throw new Error("killed");
    },
  });
  await assertRejects(() => killed, Error, "killed");
  assertEquals(delivered, ["d", "e"]);
  assertEquals(await deliver(ledger, 2), ["d", "e"]);
  await ledger.close();
});

test("dispatch() tries again, waits longer each time, then buries, and goes on", async () => {
  const storage = new MemoryStorage();
  let ledger = await openLedger(storage);
  for (const id of "abc") await ledger.transfer(id, pay(1));
  const waits: number[] = [];
  const broken = (event: LedgerEvent) => {
    if (event.key === "b") throw new Error("poison");
  };
  const options = {
    ...{ attempts: 4, backoffMs: 100, maxBackoffMs: 250 },
    sleep: (ms: number) => Promise.resolve(void waits.push(ms)),
  };
  const keys = await deliver(ledger, 6, { ...options, deliver: broken });
  assertEquals(keys, ["a", "b", "b", "b", "b", "c"]);
  assertEquals(waits, [100, 200, 250]);
  const letters = () => [...ledger.deadLetters.values()];
  const event = { key: "b", ...pay(1) };
  assertEquals(letters(), [{ event, reason: "Error: poison" }]);
  await ledger.checkpoint();
  await ledger.close();
  ledger = await Ledger.open(storage);
  assertEquals(letters().length, 1);
  await ledger.revive("b");
  await ledger.revive("b");
  assertEquals(await deliver(ledger, 1), ["b"]);
  assertEquals(letters(), []);
  assertEquals(ledger.balance("bob"), 3);
  await ledger.close();
});

test("dispatch() that is ended while it waits leaves its event in the outbox", async () => {
  const ledger = await openLedger();
  await ledger.transfer("a", pay(1));
  await ledger.transfer("b", pay(1));
  const ending = new AbortController();
  const keys: string[] = [];
  const cursor = await ledger.outbox();
  const dispatched = dispatch(cursor, {
    ...{ signal: ending.signal, backoffMs: 1e6, maxBackoffMs: 1e6 },
    deliver({ key }: LedgerEvent) {
      keys.push(key);
      if (key === "b") throw new Error("not now");
    },
    bury: () => Promise.reject(new Error("never")),
  });
  while (!keys.includes("b")) await new Promise((wake) => setTimeout(wake, 1));
  ending.abort();
  await dispatched;
  await cursor.close();
  assertEquals(await deliver(ledger, 1), ["b"]);
  await ledger.close();
});

test("dispatch() works in another process, which keeps dead letters itself", async () => {
  const storage = new MemoryStorage();
  const ledger = await openLedger(storage);
  for (const id of "abc") await ledger.transfer(id, pay(1));
  await ledger.close();
  const codec = json<LedgerRecord>();
  const reader = await WalReader.open(storage, { codec });
  const dead = await Wal.open(new MemoryStorage(), { codec: json() });
  const keys: string[] = [];
  await dispatch(await reader.cursor(OUTBOX), {
    ...{ attempts: 1, once: true },
    deliver({ key }) {
      keys.push(key);
      if (key === "b") throw new Error("poison");
    },
    bury: async (event, reason) => void await dead.append({ event, reason }),
  });
  assertEquals(keys, ["a", "b", "c"]);
  assert(dead.durableLsn === 1);
  await reader.close();
  await dead.close();
});

test("Ledger.checkpoint() matches its LSN after any order of acknowledgements", async () => {
  const storage = new MemoryStorage();
  let ledger = await Ledger.open(storage);
  await ledger.openAccount("ann", 1e6);
  await ledger.openAccount("bob", 0);
  let paid = 0;
  const transfers: Promise<void>[] = [];
  const transfer = (count: number) => {
    for (; count > 0; count--) {
      transfers.push(ledger.transfer(`t-${paid++}`, pay(1)));
    }
  };
  // The last one of these has to wait for room in the queue, and the others are
  // appended in the turn in which it gets some, so they share its flush.
  transfer(5001);
  await transfers[0];
  transfer(1);
  await Promise.all(transfers);
  await ledger.checkpoint();
  await ledger.close();
  ledger = await Ledger.open(storage);
  assertEquals(ledger.balance("bob"), paid);
  await ledger.close();
});

test("Ledger.openAccount() refuses what is no amount", async () => {
  const ledger = await Ledger.open(new MemoryStorage());
  for (const cents of [NaN, -1, 0.5, Infinity]) {
    await assertRejects(() => ledger.openAccount("a", cents), RangeError);
  }
  assertEquals(ledger.balance("a"), undefined);
  await ledger.close();
});

test("Ledger.open() releases the log if the state cannot be restored", async () => {
  const storage = new MemoryStorage();
  const ledger = await openLedger(storage);
  await ledger.transfer("a", pay(1));
  await deliver(ledger, 1);
  await (await ledger.outbox()).commit(4);
  await ledger.checkpoint();
  await ledger.close();
  for (const name of await storage.list()) {
    if (name.endsWith(".snapshot")) await storage.remove(name);
  }
  for (let attempt = 0; attempt < 2; attempt++) {
    await assertRejects(() => Ledger.open(storage), SnapshotMissingError);
  }
});

test("dispatch() without any attempts tries once", async () => {
  const ledger = await openLedger();
  await ledger.transfer("a", pay(1));
  const broken = () => Promise.reject(new Error("poison"));
  await deliver(ledger, 9, { attempts: 0, once: true, deliver: broken });
  assertEquals(ledger.deadLetters.size, 1);
  await ledger.close();
});
