/*
 * Goal: what goes wrong with lines of JSON does not go wrong with the journal.
 * Method: each test does the same to both. It fails if lines survive that, for
 * then it would show nothing about the journal.
 */
import { MemoryStorage, type OnCall } from "@syncline/wal/storage";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import {
  Journal,
  openJournal,
} from "../../../../docs/examples/session-journal/journal.ts";
import {
  assert,
  assertEquals,
  assertGreater,
  assertMatch,
  assertRejects,
} from "../../../kit/assert.ts";
import { test } from "../../../kit/register.ts";
import { runtime } from "../../../kit/runtime.ts";
import { withTempDir } from "../../../kit/temp_dir.ts";
import { filesOn, JsonlWriter } from "./jsonl_writer.ts";
import {
  collect,
  dieWriting,
  journal,
  jsonl,
  type Kind,
  type Remains,
  subjectOf,
  syncedJsonl,
} from "./subjects.ts";

const ACKED = { n: 1 };
const TORN = { n: 2, text: "naïve 🎉" };
const NEXT = { n: 3 };

/** Changes of the bytes after `start`, where an event was being written. */
type Damage = (remains: Remains) => Iterable<Uint8Array>;

/**
 * How often what was acknowledged before a crash, or is appended after it, is
 * not all that can be read, apart from the event that was being written.
 */
async function spoiled(kind: Kind, damage: Damage) {
  const remains = await dieWriting(kind, [ACKED, TORN]);
  const counts = { spoiled: 0, all: 0 };
  for (const bytes of damage(remains)) {
    const storage = remains.storage.kill();
    storage.put(remains.file, bytes);
    const subject = kind.open(storage);
    await subject.append(NEXT);
    const found = JSON.stringify(await subject.read().catch(String));
    await subject.close();
    const isWhole = [[ACKED, NEXT], [ACKED, TORN, NEXT]]
      .some((events) => JSON.stringify(events) === found);
    counts.all++;
    if (!isWhole) counts.spoiled++;
  }
  return counts;
}

/** The file ends within the event, wherever. */
function* cuts({ bytes, start }: Remains) {
  for (let end = start + 1; end < bytes.length; end++) {
    yield bytes.slice(0, end);
  }
}

/** The file has its length, but some or all of what was written is zeros. */
function* zeros({ bytes, start }: Remains) {
  for (let from = start; from < bytes.length; from++) {
    const zeroed = bytes.slice();
    zeroed.fill(0, from);
    if (`${zeroed}` !== `${bytes}`) yield zeroed;
  }
}

/** The file is longer than what was written. */
function* longer({ bytes }: Remains) {
  for (const more of [1, 511, 4096]) {
    const grown = new Uint8Array(bytes.length + more);
    grown.set(bytes);
    yield grown;
  }
}

test("append() after a torn event is read, where a line is fused with the next one", async () => {
  const lines = await spoiled(jsonl, cuts);
  assertEquals(lines.spoiled, lines.all);
  assertGreater(lines.all, 20);
  const { spoiled: none, all } = await spoiled(journal, cuts);
  assertEquals(none, 0);
  assertGreater(all, 40);
});

test("append() after zeros is read, where a line with zeros spoils all", async () => {
  for (const damage of [zeros, longer]) {
    const lines = await spoiled(jsonl, damage);
    assertEquals(lines.spoiled, lines.all);
    assertEquals((await spoiled(journal, damage)).spoiled, 0);
  }
});

test("append() after a cut within a character is read, where it becomes another one", async () => {
  const { storage, file, bytes } = await dieWriting(jsonl, [ACKED, TORN]);
  const middle = bytes.lastIndexOf(0xf0) + 2;
  storage.put(file, bytes.slice(0, middle));
  const text = new TextDecoder().decode(storage.get(file));
  assert(text.endsWith("\ufffd"), text);
  const within = ({ bytes }: Remains) => [
    bytes.slice(0, bytes.lastIndexOf(0xf0) + 2),
  ];
  assertEquals(await spoiled(jsonl, within), { spoiled: 1, all: 1 });
  assertEquals(await spoiled(journal, within), { spoiled: 0, all: 1 });
});

test("read() decodes events as a whole, where chunks of a file divide characters", async () => {
  await withTempDir(async (directory) => {
    const events = [{ text: "x" + "é🎉".repeat(30_000) }];
    const lines = new JsonlWriter(join(directory, "lines"));
    await lines.append(events[0]);
    let text = "";
    for await (const chunk of createReadStream(lines.file)) text += chunk;
    assert(JSON.parse(text).text.includes("\ufffd"), "a silent change");
    const subject = subjectOf(await openJournal(directory, "session"));
    await subject.append(events[0]);
    assertEquals(await subject.read(), events);
    await subject.close();
  });
});

/** A journal of either kind that was closed, with one bit changed. */
async function* flipped(kind: Kind) {
  const storage = new MemoryStorage({ seed: 1 });
  const subject = kind.open(storage);
  const events = [
    { tool: "pay", amount: 10 },
    { tool: "pay", amount: 25 },
    { tool: "note" },
  ];
  for (const event of events) await subject.append(event);
  await subject.close();
  const file = kind.fileOn(storage);
  const bytes = storage.get(file)!;
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.slice();
    changed[at] ^= 1 << (at % 8);
    const rotten = storage.kill();
    rotten.put(file, changed);
    const again = kind.open(rotten);
    const found = await again.read().catch((error: Error) => error);
    await again.close();
    const isTrue = JSON.stringify(found) === JSON.stringify(events);
    yield found instanceof Error ? found.name : isTrue ? "true" : "false";
  }
}

test("read() never returns what a flipped bit made of an event, where lines do", async () => {
  const tally = async (kind: Kind) => {
    const counts: Record<string, number> = {};
    for await (const outcome of flipped(kind)) {
      counts[outcome] = (counts[outcome] ?? 0) + 1;
    }
    return counts;
  };
  const lines = await tally(jsonl);
  assertGreater(lines.false, 20);
  const { CorruptLogError, true: unharmed = 0, ...others } = await tally(
    journal,
  );
  assertEquals(others, {});
  assertGreater(CorruptLogError, 200, `${unharmed} are unharmed`);
});

/** A storage of a closed journal, with a bit changed within "damaged". */
async function damagedInTheMiddle(kind: Kind): Promise<MemoryStorage> {
  const storage = new MemoryStorage({ seed: 1 });
  const subject = kind.open(storage);
  for (const event of ["one", "damaged", "three"]) await subject.append(event);
  await subject.close();
  const file = kind.fileOn(storage);
  const bytes = storage.get(file)!;
  const at = new TextDecoder("latin1").decode(bytes).indexOf('"damaged"');
  bytes[at] ^= 1; // The quotation mark becomes a number sign.
  storage.put(file, bytes);
  return storage;
}

test("repair keeps all events but the damaged one, where a bad line spoils all", async () => {
  const lines = jsonl.open(await damagedInTheMiddle(jsonl));
  await assertRejects(() => lines.read(), SyntaxError);
  const storage = await damagedInTheMiddle(journal);
  const refused = journal.open(storage);
  const error = await assertRejects(() => refused.read(), Error, "offset");
  assertEquals(error.name, "CorruptLogError");
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const options = { idleMs: Infinity, repair: true, log: { warn } };
  const repaired = new Journal(storage, options);
  await repaired.append("four");
  const found = await collect(repaired.read());
  assertEquals(found, [
    { lsn: 1, event: "one" },
    { lsn: 3, event: "three" },
    { lsn: 4, event: "four" },
  ]);
  assertMatch(warnings.join(), /record 2 is lost; its original bytes are in/);
  await repaired.close();
});

/** Characters that end lines or strings somewhere, and what is not Unicode. */
const HOSTILE = [
  ...'\n\r\t\0\v\f\u001c\u0085\u2028\u2029\ufeff\ufffd"\\',
  "\r\n",
  "\ud800",
  "\udc00x",
  "data: {}\n\n",
];

test("append() keeps any character, where some readers of lines end a line", async () => {
  const events = HOSTILE.map((text) => ({ text: `a${text}b` }));
  const storage = new MemoryStorage();
  const lines = new JsonlWriter("lines", filesOn(storage));
  for (const event of events) await lines.append(event);
  const text = await lines.files.readFile("lines");
  const linesOf = (text: string) => text.match(/.+/g)!;
  assertGreater(linesOf(text).length, events.length);

  const session = new Journal(new MemoryStorage(), { idleMs: Infinity });
  await session.appendAll(events);
  assertEquals(await subjectOf(session).read(), events);
  const exported = (await collect(session.jsonl())).join("");
  const parsed = linesOf(exported).map((line) => JSON.parse(line));
  assertEquals(parsed, events);
  await session.close();
});

test("append() refuses what has no JSON, where a line spoils all", async () => {
  for (const event of [undefined, () => {}, Symbol("event")]) {
    const lines = jsonl.open(new MemoryStorage());
    await lines.append(event);
    await assertRejects(() => lines.read(), SyntaxError);
    const subject = journal.open(new MemoryStorage());
    const error = await assertRejects(() => subject.append(event), Error);
    assertEquals(error.name, "EncodeError");
    await subject.append("next");
    assertEquals(await subject.read(), ["next"]);
    await subject.close();
  }
});

/** A disk on which no more than `limit` bytes of a write have a place, once. */
function fullDisk() {
  const disk = { isFull: false };
  const onCall: OnCall = ({ operation, bytes }) => {
    if (!disk.isFull || operation !== "write") return;
    disk.isFull = false;
    return { bytes: Math.ceil(bytes / 2), error: "ENOSPC" };
  };
  return { disk, storage: new MemoryStorage({ onCall }) };
}

test("append() leaves nothing on a full disk, where half a line spoils all", async () => {
  for (const kind of [jsonl, journal]) {
    const { disk, storage } = fullDisk();
    const subject = kind.open(storage);
    await subject.append(ACKED);
    disk.isFull = true;
    await assertRejects(() => subject.append(TORN), Error, "no space");
    await subject.append(NEXT);
    if (kind === jsonl) await assertRejects(() => subject.read(), SyntaxError);
    else assertEquals(await subject.read(), [ACKED, NEXT]);
    await subject.close();
  }
});

test("append() goes on after a failed sync, where lines that were acknowledged are lost", async () => {
  for (const kind of [syncedJsonl, journal]) {
    let isFailing = false;
    const onCall: OnCall = ({ operation }) =>
      isFailing && operation === "datasync" ? { error: "EIO" } : undefined;
    const storage = new MemoryStorage({ onCall, fileSystem: "ext4" });
    const subject = kind.open(storage);
    await subject.append(ACKED);
    isFailing = true;
    await assertRejects(() => subject.append(TORN), Error);
    isFailing = false;
    await subject.append(NEXT);
    const survivor = kind.open(storage.crash(() => 0));
    if (kind === journal) {
      const found = await survivor.read();
      assertEquals([found[0], found.at(-1)], [ACKED, NEXT]);
    } else await assertRejects(() => survivor.read(), SyntaxError);
    await survivor.close();
    await subject.close();
  }
});

test("a second journal of a session is refused, where two writers lose events", async () => {
  await withTempDir(async (directory) => {
    const [one, two] = ["lines", "lines"].map((name) =>
      new JsonlWriter(join(directory, name))
    );
    await one.append("old");
    await one.append("kept");
    const reading = one.read;
    one.read = async () => {
      const events = await reading.call(one);
      await two.append("lost"); // While the other one trims.
      return events;
    };
    await one.trim(1);
    one.read = reading;
    assertEquals(await one.read(), ["kept"]);

    const first = await openJournal(directory, "session");
    const again = () => openJournal(directory, "session");
    const error = await assertRejects(again, Error);
    assertEquals(error.name, "LogLockedError");
    await Promise.all(["one", "two"].map((event) => first.append(event)));
    assertEquals(await subjectOf(first).read(), ["one", "two"]);
    await first.close();
  });
});

// Bun writes any line with one call; Node and Deno write 512 KiB at a time.
if (runtime !== "bun") {
  test("large events of several callers are whole, where lines are mixed", async () => {
    await withTempDir(async (directory) => {
      const events = ["a", "b"].map((text) => ({ text: text.repeat(2 ** 21) }));
      let isMixed = false;
      // Chance decides about each; on a busy machine one caller may be done
      // before the other one begins.
      for (let nth = 0; nth < 50 && !isMixed; nth++) {
        const lines = new JsonlWriter(join(directory, `lines-${nth}`));
        await Promise.all(events.map((event) => lines.append(event)));
        isMixed = await lines.read().then(() => false, () => true);
      }
      assert(isMixed, "lines were never mixed");
      const first = await openJournal(directory, "session");
      await Promise.all(events.map((event) => first.append(event)));
      assertEquals(await subjectOf(first).read(), events);
      await first.close();
    });
  });
}
