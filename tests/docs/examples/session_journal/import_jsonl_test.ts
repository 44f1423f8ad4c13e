/*
 * Goal: an old file of lines is imported as far as it is intact, each event once,
 * and everything else is reported with its place. Method: a file with each fault,
 * files that grow, and crashes during the import.
 */
import { MemoryStorage, type OnCall } from "@syncline/wal/storage";
import { Buffer } from "node:buffer";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  importJsonl,
  type ImportOptions,
} from "../../../../docs/examples/session-journal/import_jsonl.ts";
import { Journal } from "../../../../docs/examples/session-journal/journal.ts";
import { assert, assertEquals } from "../../../kit/assert.ts";
import { test } from "../../../kit/register.ts";
import { withTempDir } from "../../../kit/temp_dir.ts";
import { collect, subjectOf } from "./subjects.ts";

type Event = { n: number };

const isEvent = (value: unknown): value is Event =>
  typeof (value as Event | undefined)?.n === "number";

/** What an import of `content` appends and reports. */
function imported(
  content: string | Uint8Array,
  options: ImportOptions<Event> = {},
) {
  return withTempDir(async (directory) => {
    const file = join(directory, "old.jsonl");
    writeFileSync(file, content);
    const session = new Journal<Event>(new MemoryStorage(), {
      idleMs: Infinity,
    });
    const { events, faults } = await importJsonl(session, file, options);
    const found = await subjectOf(session as Journal).read() as Event[];
    await session.close();
    assertEquals(found.length, events);
    assertEquals(Buffer.from(content).equals(readFileSync(file)), true);
    const places = faults.map(({ line, offset, bytes, problem, recovered }) => {
      assert(bytes > 0);
      return [line, offset, problem, recovered];
    });
    return { numbers: found.map(({ n }) => n), places };
  });
}

test("importJsonl() imports an intact file, whatever ends its lines", async () => {
  for (
    const text of [
      '{"n":1}\n{"n":2}\n',
      '{"n":1}\n{"n":2}',
      '\ufeff{"n":1}\r\n\r\n {"n":2} \r\n',
      '{"n":1,"text":"\u2028\u0085"}\n\n{"n":2}\n',
    ]
  ) {
    assertEquals(await imported(text), { numbers: [1, 2], places: [] }, text);
  }
  assertEquals(await imported(""), { numbers: [], places: [] });
});

test("importJsonl() reports each fault with its place, and imports the rest", async () => {
  const torn = Buffer.from('{"n":9,"text":"é').subarray(0, -1);
  const lines: (string | Uint8Array)[] = [
    '{"n":1}\n', // 1, at 0
    '{"n":2,"text":"to{"n":3}\n', // 2, at 8
    new Uint8Array(5), // 3, at 33
    '{"n":4}\n',
    torn, // 4, at 46
    "\n",
    "[1]\n", // 5, at 63
    '{"n":5}{"n":6}\n', // 6, at 67
    '{"n":7}\n', // 7, at 82
    '{"n":8,"te', // 8, at 90
  ];
  const content = Buffer.concat(lines.map((line) => Buffer.from(line)));
  const places = [
    [2, 8, "not JSON"],
    [3, 33, "zeros"],
    [4, 46, "not UTF-8"],
    [5, 63, "not an event"],
    [6, 67, "not JSON"],
    [8, 90, "torn end"],
  ];
  const strictly = await imported(content);
  assertEquals(strictly, {
    numbers: [1, 4, 7],
    places: places.map((place) => [...place, 0]),
  });
  const recovered = [1, 0, 0, 0, 2, 0];
  assertEquals(await imported(content, { isEvent }), {
    numbers: [1, 3, 4, 5, 6, 7],
    places: places.map((place, at) => [...place, recovered[at]]),
  });
});

test("importJsonl() finds lines wherever a chunk of the file ends", async () => {
  const text = "é".repeat(50_000);
  const lines = Array.from(
    { length: 5 },
    (_, n) => JSON.stringify({ n, text }),
  );
  const found = await imported(lines.join("\n") + "\n");
  assertEquals(found, { numbers: [0, 1, 2, 3, 4], places: [] });
});

test("importJsonl() never makes an event of a part of one", async () => {
  const nested = '{"n":1,"args":{"n":2}}\n{"x":{"n":3}}\n{"args":{"n":4}';
  const { numbers, places } = await imported(nested);
  assertEquals(numbers, [1, undefined]); // Any object is an event.
  assertEquals(places, [[3, 37, "torn end", 0]]);
  const [damaged] = [Buffer.from('{"n":1,"t":"é{"n":2,"t":"é"}\n')];
  damaged[13] = 0x20; // Half of a character before an intact event.
  assertEquals((await imported(damaged, { isEvent })).numbers, [2]);
});

test("importJsonl() imports each event once, from a file that grows", async () => {
  await withTempDir(async (directory) => {
    const file = join(directory, "old.jsonl");
    const session = new Journal<Event>(new MemoryStorage(), {
      idleMs: Infinity,
    });
    writeFileSync(file, '{"n":1}\n{"n":2}\n{"n":');
    const first = await importJsonl(session, file);
    assertEquals(first.events, 2);
    assertEquals(first.faults[0].problem, "torn end");
    appendFileSync(file, '3}\nbad\n{"n":4}');
    const second = await importJsonl(session, file);
    assertEquals(second.faults.map(({ line }) => line), [4]);
    appendFileSync(file, "\n");
    assertEquals(await importJsonl(session, file), { events: 0, faults: [] });
    const found = await subjectOf(session as Journal).read() as Event[];
    assertEquals(found.map(({ n }) => n), [1, 2, 3, 4]);
    await session.close();
  });
});

test("importJsonl() takes back what jsonl() has written", async () => {
  await withTempDir(async (directory) => {
    const file = join(directory, "exported.jsonl");
    const events = ["\u2028", "\ud800", "\0\n", "é"].map((text) => ({ text }));
    const one = new Journal(new MemoryStorage(), { idleMs: Infinity });
    await one.appendAll(events);
    await writeFile(file, one.jsonl());
    const two = new Journal(new MemoryStorage(), { idleMs: Infinity });
    assertEquals((await importJsonl(two, file)).faults, []);
    assertEquals(await collect(two.read()), await collect(one.read()));
    await one.close();
    await two.close();
  });
});

test("importJsonl() imports each event once, whenever power is lost", async () => {
  await withTempDir(async (directory) => {
    const file = join(directory, "old.jsonl");
    const numbers = Array.from({ length: 620 }, (_, at) => at);
    writeFileSync(file, numbers.map((n) => `{"n":${n}}\n`).join(""));
    const survivors: MemoryStorage[] = [];
    const onCall: OnCall = ({ operation }) => {
      if (operation === "read" || operation === "list") return;
      // Nothing that is not synced survives, or all of it does.
      for (const last of [0, 1]) {
        survivors.push(storage.crash((choices) => last * (choices - 1)));
      }
    };
    const storage = new MemoryStorage({ onCall, fileSystem: "ext4", seed: 1 });
    const openOn = (storage: MemoryStorage) =>
      new Journal<Event>(storage, { idleMs: Infinity, log: { warn() {} } });
    await importJsonl(openOn(storage), file);
    const parts = new Set<number>();
    for (const survivor of survivors) {
      const session = openOn(survivor);
      parts.add((await importJsonl(session, file)).events);
      const found = await subjectOf(session as Journal).read() as Event[];
      assertEquals(found.map(({ n }) => n), numbers);
      await session.close();
    }
    assertEquals([...parts].sort((a, b) => a - b), [0, 120, 620]);
  });
});

/** Runs `use` with a journal, and with a function that writes files. */
async function withFiles(
  use: (
    session: Journal<Event>,
    write: (name: string, content: string) => string,
  ) => Promise<void>,
): Promise<void> {
  await withTempDir(async (directory) => {
    const session = new Journal<Event>(new MemoryStorage(), {
      idleMs: Infinity,
    });
    await use(session, (name, content) => {
      const file = join(directory, name);
      writeFileSync(file, content);
      return file;
    });
    await session.close();
  });
}

async function numbersIn(session: Journal<Event>): Promise<number[]> {
  return (await collect(session.read())).map(({ event }) => event.n);
}

test("importJsonl() imports each event once, from several files in turn", () =>
  withFiles(async (session, write) => {
    const one = write("one", '{"n":1}\n{"n":2}\n');
    const two = write("two", '{"n":3}\n');
    for (const file of [one, two, one, two]) await importJsonl(session, file);
    appendFileSync(one, '{"n":4}\n');
    const reports = [importJsonl(session, one), importJsonl(session, one)];
    const counts = (await Promise.all(reports)).map(({ events }) => events);
    assertEquals(counts, [1, 0]);
    assertEquals(await numbersIn(session), [1, 2, 3, 4]);
  }));

test("importJsonl() keeps a torn end until its line is whole", () =>
  withFiles(async (session, write) => {
    const file = write("old", '{"n":1}\n\0\0{"n":2}\0{"n":3}{"n":');
    const first = await importJsonl(session, file, { isEvent });
    const faults = first.faults.map(({ problem, offset, recovered }) =>
      `${problem} at ${offset}: ${recovered}`
    );
    assertEquals(faults, [
      "zeros at 8: 0",
      "zeros at 17: 0",
      "torn end at 18: 0",
    ]);
    appendFileSync(file, '4}\n{"n":5}\n');
    await importJsonl(session, file, { isEvent });
    assertEquals(await numbersIn(session), [1, 2, 3, 4, 5]);
  }));

test("importJsonl() imports events that are too large to be appended at once", () =>
  withFiles(async (session, write) => {
    const line = (n: number) =>
      JSON.stringify({ n, text: "x".repeat(4_000_000) }) + "\n";
    const numbers = Array.from({ length: 17 }, (_, at) => at);
    const file = write("old", numbers.map(line).join(""));
    assertEquals((await importJsonl(session, file)).events, 17);
  }));
