/*
 * Goal: what an opening decided holds, whatever a displaced owner does before,
 * during and after it. Method: in memory, one acts at each call of the other.
 */
import { FencedError } from "../../storage/frame_log.ts";
import type { OnCall } from "../../storage/memory/memory_file.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { LogLockedError } from "../../storage/storage.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import type { Clock } from "../../writer/clock.ts";
import { anotherTurn } from "../kit/another_turn.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
} from "../kit/assert.ts";
import { textsOf } from "../kit/reader_kit.ts";
import { test } from "../kit/register.ts";

const QUIET: WalOptions = { warn() {} };

/** Turns end at once, so that one acts within the calls of the other. */
const PROMPT: Clock = {
  now: () => 0,
  endOfTurn: (callback) => queueMicrotask(callback),
  after: () => () => {},
};

test("Wal.open() with takeOver ends where its only scan ended", async () => {
  for (let ahead = 0; ahead < 40; ahead++) {
    // At each call of the taker the owner writes another frame.
    let act: (() => void) | undefined;
    let calls = 0;
    const storage = new MemoryStorage({
      onCall: () => {
        const write = act;
        act = undefined;
        if (calls++ >= ahead) write?.();
        act = write;
      },
    });
    const owner = await Wal.open(storage, {
      ...QUIET,
      synchronous: "off",
      clock: PROMPT,
    });
    const acked: string[] = [];
    const append = (text: string) =>
      owner.append(text, { ack: "os" }).then(() => void acked.push(text));
    await append("0.0");
    await append("0.1");
    let nth = 0;
    calls = 0;
    act = () => void append(`1.${nth++}`).catch(() => {});
    const taker = await Wal.open(storage, { ...QUIET, takeOver: true });
    act = undefined;
    const found = await textsOf(taker);
    for (const text of acked) assert(found.includes(text), `${text} is lost`);
    assertEquals(await taker.append("next"), found.length + 1);
    await owner.close().catch(() => {});
    await taker.close();
    const again = await Wal.open(storage, QUIET);
    assertEquals(await textsOf(again), [...found, "next"]);
    await again.close();
  }
});

test("Wal.open() lets no late frame of a displaced owner come to life", async () => {
  // The owner writes and asks afterwards whether it still owns the log.
  const storage = new MemoryStorage();
  const owner = await Wal.open(storage, QUIET);
  await owner.append("one");
  const taker = await Wal.open(storage, { ...QUIET, takeOver: true });
  await assertRejects(() => owner.append("late"));
  await taker.close();
  for (const mode of ["tail", "strict", "salvage"] as const) {
    const next = await Wal.open(storage.kill(), { ...QUIET, recovery: mode });
    assertEquals(await textsOf(next), ["one"], mode);
    assertEquals(await next.append("two"), 2);
    assertEquals(await textsOf(next), ["one", "two"], mode);
    await next.close();
  }
});

test("Wal.open() lets no late frame come to life where it found nothing to copy", async () => {
  const storage = new MemoryStorage();
  const owner = await Wal.open(storage, QUIET);
  await owner.append("one");
  await owner.append("two");
  await owner.truncateBefore(2); // By now all of it is known to be durable.
  const taker = await Wal.open(storage, { ...QUIET, takeOver: true });
  await assertRejects(() => owner.append("late"));
  await taker.close();
  const next = await Wal.open(storage, QUIET);
  assertEquals(await textsOf(next), ["two"]);
  assertEquals(await next.append("three"), 3);
  assertEquals(await textsOf(next), ["two", "three"]);
  await next.close();
});

/**
 * Stops the owner that makes the call `at` until another one has taken over.
 */
class Ambush {
  /** The other owner, once the call was made. */
  taking: Promise<Wal> | undefined;
  readonly #at: number;
  #storage: MemoryStorage | undefined;
  #calls = 0;

  constructor(at: number) {
    this.#at = at;
  }

  /** For the storage's option; does nothing before {@linkcode lay}. */
  readonly onCall: OnCall = ({ operation }) => {
    if (["lock", "list", "open", "create"].includes(operation)) return;
    const storage = this.#storage;
    if (storage === undefined || this.#calls++ !== this.#at) return;
    this.#storage = undefined;
    this.taking = Wal.open(storage, { ...QUIET, takeOver: true });
    return { after: this.taking };
  };

  /** Counts calls from now on. */
  lay(storage: MemoryStorage): void {
    this.#storage = storage;
  }

  /** Stops counting; returns the other owner, if there is one. */
  leave(): Promise<Wal> | undefined {
    this.#storage = undefined;
    return this.taking;
  }
}

/** An owner of twelve records that was displaced while it made a call. */
interface Ambushed {
  /** Number of the call to the storage at which it was displaced. */
  readonly at: number;
  readonly storage: MemoryStorage;
  readonly owner: Wal;
  /** "done", or why its call failed. */
  readonly outcome: string;
  readonly taker: Wal;
  /** The texts that the other owner found. */
  readonly found: string[];
}

/** Displaces an owner at each call to the storage that `act` makes. */
async function* ambushes(
  act: (owner: Wal) => Promise<unknown>,
): AsyncGenerator<Ambushed> {
  for (let at = 0;; at++) {
    const ambush = new Ambush(at);
    const storage = new MemoryStorage({ onCall: ambush.onCall });
    const owner = await Wal.open(storage, { ...QUIET, segmentBytes: 4096 });
    for (let lsn = 1; lsn <= 12; lsn++) {
      await owner.append(`${lsn}`.padEnd(1500));
    }
    ambush.lay(storage);
    const outcome = await act(owner).then(() => "done", String);
    const taking = ambush.leave();
    if (taking === undefined) {
      assert(at > 6, `${at} calls`);
      await owner.close();
      return;
    }
    const taker = await taking;
    const found = (await textsOf(taker)).map((text) => text.trim());
    yield { at, storage, owner, outcome, taker, found };
  }
}

test("Wal.open() that is displaced at any call takes nothing from the taker", async () => {
  for (let at = 0;; at++) {
    const ambush = new Ambush(at);
    const before = new MemoryStorage();
    const sent: string[] = [];
    // Small segments to be merged, and an end that is not known to be durable.
    for (let life = 0; life < 9; life++) {
      const wal = await Wal.open(before, QUIET);
      for (let nth = 0; nth < 2; nth++) {
        sent.push(`${life}.${nth}`);
        await wal.append(sent.at(-1)!);
      }
      if (life < 8) await wal.close();
    }
    const storage = before.kill({ onCall: ambush.onCall });
    ambush.lay(storage);
    const opening = await Wal.open(storage, QUIET).catch((error) => {
      assert(ambush.taking !== undefined, String(error));
      // Even where it finds a file missing: the taker has removed that.
      if (error instanceof LogLockedError) return undefined;
      assertInstanceOf(error, FencedError);
    });
    const taking = ambush.leave();
    const taker = taking === undefined ? opening! : await taking;
    assertEquals(await textsOf(taker), sent, `call ${at}`);
    assertEquals(await taker.append("next"), sent.length + 1);
    if (taking !== undefined) await opening?.close().catch(() => {});
    await taker.close();
    const again = await Wal.open(storage, QUIET);
    assertEquals(await textsOf(again), [...sent, "next"], `call ${at}`);
    await again.close();
    if (taking !== undefined) continue;
    assert(at > 20, `${at} calls`);
    return;
  }
});

test("Wal.truncateBefore() of an owner that is displaced at any call harms nobody", async () => {
  const truncate = (owner: Wal) => owner.truncateBefore(9);
  for await (
    const { owner, outcome, taker, found } of ambushes(truncate)
  ) {
    const from = Number(found[0]);
    assert(from === 1 || from === 9, `begins with ${from}, ${outcome}`);
    assertEquals(found.length, 13 - from);
    await taker.truncateBefore(11);
    assertEquals(await taker.append("13"), 13);
    assertEquals((await textsOf(taker)).length, 3);
    await owner.close().catch(() => {});
    await taker.close();
  }
});

test("Wal reuses no segment that a displaced owner may still write to", async () => {
  for (let more = 0; more <= 12; more++) {
    const storage = new MemoryStorage();
    const options = { ...QUIET, segmentBytes: 4096 };
    const old = await Wal.open(storage, options);
    for (let nth = 0; nth < 2; nth++) await old.append("old".padEnd(900));
    const heir = await Wal.open(storage, { ...options, takeOver: true });
    for (let nth = 0; nth < 2; nth++) await heir.append("new".padEnd(900));
    await heir.truncateBefore(heir.lastLsn);
    for (let nth = 0; nth < more; nth++) await heir.append("new".padEnd(900));
    const before = await textsOf(heir);
    // One write, before it notices.
    await assertRejects(() => old.append("late".padEnd(40)));
    assertEquals(await textsOf(heir), before);
    await heir.close();
    const again = await Wal.open(storage, options);
    assertEquals(await textsOf(again), before);
    await again.close();
  }
});

test("Wal.truncateAfter() of an owner that is displaced at any call harms nobody", async () => {
  const truncate = (owner: Wal) => owner.truncateAfter(5);
  for await (
    const { at, storage, owner, outcome, taker, found } of ambushes(truncate)
  ) {
    const last = found.length;
    assert(last === 5 || last === 12, `ends with ${last}, ${outcome}`);
    assertEquals(found.at(-1), `${last}`);
    if (outcome === "done") assertEquals(last, 5);
    assertEquals(await taker.append("more"), last + 1);
    await owner.close().catch(() => {});
    await taker.close();
    const again = await Wal.open(storage, QUIET);
    const texts = (await textsOf(again)).map((text) => text.trim());
    assertEquals(texts, [...found, "more"], `displaced at call ${at}`);
    await again.close();
  }
});

test("Wal.truncateAfter() whose segment gets its name at any call of a taker harms nobody", async () => {
  for (let ahead = 0; ahead < 60; ahead++) {
    let release: (() => void) | undefined;
    let isArmed = false;
    let calls = 0;
    const storage = new MemoryStorage({
      onCall: ({ operation, file }) => {
        if (release !== undefined && calls++ === ahead) release();
        if (!isArmed || operation !== "link" || !file.endsWith(".tmp")) return;
        isArmed = false;
        return { after: new Promise<void>((resolve) => release = resolve) };
      },
    });
    const owner = await Wal.open(storage, { ...QUIET, segmentBytes: 4096 });
    for (let lsn = 1; lsn <= 12; lsn++) {
      await owner.append(`${lsn}`.padEnd(1500));
    }
    isArmed = true;
    const cutting = owner.truncateAfter(5).then(() => "done", String);
    while (release === undefined) await anotherTurn();
    const taker = await Wal.open(storage, { ...QUIET, takeOver: true });
    release();
    const outcome = await cutting;
    const found = (await textsOf(taker)).map((text) => text.trim());
    const last = found.length;
    assert(last === 5 || last === 12, `ends with ${last}, ${outcome}`);
    assertEquals(await taker.append("more"), last + 1);
    await owner.close().catch(() => {});
    await taker.close();
    const again = await Wal.open(storage, QUIET);
    const texts = (await textsOf(again)).map((text) => text.trim());
    assertEquals(texts, [...found, "more"], `named at call ${ahead}`);
    await again.close();
  }
});
