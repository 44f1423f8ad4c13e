/*
 * Goal: the checker of system calls reads what strace writes, and models a disk
 * at its worst. Method: traces written by hand, a few lines each.
 */
import { assertEquals } from "../kit/assert.ts";
import { checkTrace } from "../kit/process/check_trace.ts";
import { parseTrace } from "../kit/process/parse_trace.ts";
import { bytesOf, textOf } from "../kit/process/trace_call.ts";
import { TracedDisk } from "../kit/process/traced_disk.ts";
import { test } from "../kit/register.ts";

test("parseTrace() reads calls, their results and their errors", () => {
  const events = parseTrace([
    `11  17.25 write(7</tmp/a,b>, "\\x61\\x2c", 2) = 2`,
    `11  17.26 fdatasync(7</tmp/a>) = -1 EIO (Input/output error) (INJECTED)`,
    `11  17.27 openat(AT_FDCWD</tmp>, "\\x2f\\x61", O_RDWR|O_CREAT, 0666) = ` +
    `8</a>`,
    `11  17.28 pwritev(8</a>, [{iov_base="\\x61", iov_len=1}, ` +
    `{iov_base="\\x62", iov_len=1}], 2, 64) = 2`,
    "11  17.29 --- SIGCHLD {si_signo=SIGCHLD} ---",
    "11  17.30 +++ exited with 0 +++",
  ].join("\n"));
  const calls = events.filter(({ at }) => at === "end").map(({ call }) => call);
  assertEquals(calls.map(({ name }) => name), [
    "write",
    "fdatasync",
    "openat",
    "pwritev",
  ]);
  assertEquals(calls.map(({ result }) => result), [2, -1, 8, 2]);
  assertEquals(calls.map(({ error }) => error), ["", "EIO", "", ""]);
  assertEquals(calls.map(({ args }) => args.length), [3, 1, 4, 4]);
  assertEquals(textOf(calls[2].args[1]), "/a");
  assertEquals([...bytesOf(calls[3].args[1])], [0x61, 0x62]);
});

test("parseTrace() keeps what happened while a call was under way", () => {
  const events = parseTrace([
    "12  17.25 fdatasync(7</tmp/a> <unfinished ...>",
    `11  17.26 write(8</tmp/b>, "\\x61", 1) = 1`,
    "12  17.27 <... fdatasync resumed>) = 0",
    "12  17.28 futex(0x7f <unfinished ...>",
  ].join("\n"));
  assertEquals(
    events.map(({ at, call }) => `${call.name} ${at}`),
    [
      "fdatasync start",
      "write start",
      "write end",
      "fdatasync end",
      "futex start",
    ],
  );
  assertEquals(events[3].call.result, 0);
});

/** Feeds a disk; paths are not escaped, and only later threads are named. */
function diskAfter(lines: string[]): TracedDisk {
  const trace = lines.map((line) => {
    const [, thread = "1", call] = /^(?:(\d) )?(.*)$/.exec(line)!;
    return `${thread} 17.25 ${call.replaceAll(/"([^"]*)"/g, escape)}`;
  });
  const disk = new TracedDisk();
  for (const event of parseTrace(trace.join("\n"))) disk.follow(event);
  return disk;
}

function escape(_: string, text: string): string {
  const codes = Array.from(text, (one) => one.charCodeAt(0).toString(16));
  return `"${codes.map((code) => `\\x${code}`).join("")}"`;
}

const MAKE = `openat(AT_FDCWD</>, "/d/a", O_RDWR|O_CREAT, 0666) = 5</d/a>`;
const DIR = `openat(AT_FDCWD</>, "/d", O_RDONLY) = 6</d>`;

function durable(disk: TracedDisk, path: string): string | undefined {
  const file = disk.durableNames.get(path);
  return file && new TextDecoder().decode(file.durable);
}

test("TracedDisk loses what is not synced, and a name that is not", () => {
  const write = `write(5</d/a>, "xy", 2) = 2`;
  const [sync, syncDir] = ["fdatasync(5</d/a>) = 0", "fsync(6</d>) = 0"];
  const rows: [string[], string | undefined][] = [
    [[MAKE, write, sync], undefined],
    [[MAKE, write, DIR, syncDir], ""],
    [[MAKE, DIR, syncDir, write, sync], "xy"],
    [[MAKE, DIR, syncDir, sync, write], ""],
    [[MAKE, DIR, syncDir, write, "fdatasync(5</d/a>) = -1 EIO (x)"], ""],
    [[
      MAKE,
      DIR,
      syncDir,
      write,
      "fcntl(5</d/a>, F_DUPFD_CLOEXEC, 3) = 9",
      "fdatasync(9</d/a>) = 0",
    ], "xy"],
  ];
  for (const [lines, kept] of rows) {
    assertEquals(durable(diskAfter(lines), "/d/a"), kept, lines.join("\n"));
  }
});

test("TracedDisk keeps only what was written before the sync began", () => {
  const disk = diskAfter([
    MAKE,
    DIR,
    "fsync(6</d>) = 0",
    `pwrite64(5</d/a>, "xy", 2, 0) = 2`,
    "2 fdatasync(5</d/a> <unfinished ...>",
    `pwrite64(5</d/a>, "z", 1, 2) = 1`,
    "2 <... fdatasync resumed>) = 0",
  ]);
  assertEquals(durable(disk, "/d/a"), "xy");
});

test("TracedDisk writes where the position is, and as much as was written", () => {
  const disk = diskAfter([
    MAKE,
    `write(5</d/a>, "abcd", 4) = 3`,
    `write(5</d/a>, "de", 2) = 2`,
    "lseek(5</d/a>, 1, SEEK_SET) = 1",
    `write(5</d/a>, "B", 1) = 1`,
  ]);
  const text = new TextDecoder().decode(disk.names.get("/d/a")?.bytes);
  assertEquals(text, "aBcde");
});

test("TracedDisk keeps the old name until the directory is synced", () => {
  const rename = `rename("/d/a", "/d/b") = 0`;
  const lines = [MAKE, DIR, "fsync(6</d>) = 0", rename];
  const before = diskAfter(lines);
  assertEquals([...before.durableNames.keys()], ["/d/a"]);
  assertEquals([...before.names.keys()], ["/d/b"]);
  const after = diskAfter([...lines, "fsync(6</d>) = 0"]);
  assertEquals([...after.durableNames.keys()], ["/d/b"]);
});

test("checkTrace() reports an ack of a record that is nowhere", () => {
  const events = parseTrace([
    `1 1 openat(AT_FDCWD</>, "\\x2f\\x6e", O_WRONLY|O_CREAT, 0666) = 5</n>`,
    `1 2 write(5</n>, "\\x6f\\x73\\x20\\x31\\x0a", 5) = 5`,
  ].join("\n"));
  const subject = { directory: "/d", notes: "/n", seed: 1 };
  const { problems, seen } = checkTrace(events, subject);
  assertEquals(seen.osAcks, 1);
  assertEquals(problems, [
    "record 1 was acked at os too early: it is not there",
  ]);
});
