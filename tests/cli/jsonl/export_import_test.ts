import fc from "fast-check";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Wal } from "../../../wal.ts";
import { systemClock } from "../../../writer/clock.ts";
import { assertEquals, assertStringIncludes } from "../../kit/assert.ts";
import { exists } from "../../kit/fs.ts";
import { test } from "../../kit/register.ts";
import {
  flip,
  input,
  segmentPaths,
  wal,
  withLog,
  withSegments,
} from "../../kit/run_tool.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

/** What an export of `dir` prints. */
async function exported(dir: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await wal(["export", dir, ...args]);
  assertEquals([code, stderr], [0, ""]);
  return `${stdout}`;
}

/** Imports a text; resolves with the exit code and standard error. */
async function imported(dir: string, text: string, ...args: string[]) {
  const stdin = input(text);
  const { code, stderr } = await wal(["import", dir, ...args], { stdin });
  return { code, stderr };
}

test("export and import copy any log exactly: bytes, LSNs, times and batches", async () => {
  const record = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.constantFrom("", "\ufeffbom", "\n", '"', "\u2028\0"),
  );
  const batches = fc.array(
    fc.array(record, { minLength: 1, maxLength: 4 }),
    { minLength: 1, maxLength: 6 },
  );
  const start = fc.constantFrom(1, 2, 501, 2 ** 52);
  await fc.assert(
    fc.asyncProperty(
      batches,
      start,
      (batches, firstLsn) =>
        withTempDir(async (top) => {
          const [from, to] = [join(top, "from"), join(top, "to")];
          let time = 0;
          const clock = { ...systemClock, wallTime: () => time += 1e9 };
          const log = await Wal.open(from, { firstLsn, clock });
          for (const batch of batches) await log.appendBatch(batch);
          await log.close();
          const text = await exported(from);
          const { code, stderr } = await imported(to, text);
          assertEquals(code, 0, stderr);
          assertEquals(await exported(to), text);
          const copy = await Wal.open(to);
          assertEquals([copy.firstLsn, copy.lastLsn], [
            firstLsn,
            firstLsn + batches.flat().length - 1,
          ]);
          const all = copy.read();
          for (const record of batches.flat()) {
            const { value } = await all.next();
            const data = typeof record === "string"
              ? new TextEncoder().encode(record)
              : record;
            assertEquals(value!.data, data);
          }
          await copy.close();
        }),
    ),
    { numRuns: 12 },
  );
});

test("import and export return any text that export could write, with holes", async () => {
  const part = fc.oneof(
    fc.record({ lost: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ batch: fc.array(fc.string(), { minLength: 1, maxLength: 3 }) }),
  );
  const parts = fc.array(part, { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(
      parts,
      fc.integer({ min: 1, max: 9 }),
      (parts, first) =>
        withTempDir(async (top) => {
          let lsn = first;
          const time = "2026-01-01T00:00:00.000Z";
          const lines = parts.flatMap<object>((part) => {
            if ("lost" in part) {
              const line = { lsn, time, lost: part.lost };
              lsn += part.lost;
              return [line];
            }
            const { length } = part.batch;
            return part.batch.map((text, index) => ({
              lsn: lsn++,
              ...(length > 1 && index === 0 && { batch: length }),
              ...{ time, text },
            }));
          });
          const text = lines.map((line) => `${JSON.stringify(line)}\n`).join(
            "",
          );
          const dir = join(top, "log");
          const { code, stderr } = await imported(dir, text);
          assertEquals(code, 0, stderr);
          assertEquals(await exported(dir), text);
          assertEquals((await wal(["verify", dir])).code, 0);
          assertEquals((await wal(["repair", dir, "--dry-run"])).code, 0);
          const half = first + Math.floor((lsn - first) / 2);
          const drop = (...args: string[]) => wal(["truncate", dir, ...args]);
          assertEquals((await drop(`--before=${half}`)).code, 0);
          assertEquals((await drop(`--after=${half}`, "--yes")).code, 0);
          assertEquals((await wal(["verify", dir])).code, 0);
          const left = (await exported(dir)).split("\n").filter(Boolean);
          assertEquals(left.length <= 1, true);
        }),
    ),
    { numRuns: 12 },
  );
});

test("export and import keep the holes of a repair", () =>
  withSegments(async (dir) => {
    const [first, second] = await segmentPaths(dir);
    await flip(first, 200);
    await flip(second, 200);
    assertEquals((await wal(["repair", dir])).code, 0);
    const text = await exported(dir);
    assertStringIncludes(text, '"lost":');
    await withTempDir(async (copy) => {
      assertEquals((await imported(copy, text)).code, 0);
      assertEquals(await exported(copy), text);
      const { code, stdout } = await wal(["verify", copy]);
      assertEquals(code, 0);
      assertStringIncludes(`${stdout}`, "2 records lost");
    });
  }));

test("export takes ranges, times, and a file that must not exist", () =>
  withTempDir(async (top) => {
    const dir = join(top, "log");
    let time = Date.parse("2026-01-01T00:00Z");
    const clock = { ...systemClock, wallTime: () => time };
    const log = await Wal.open(dir, { clock });
    await log.appendBatch(["a", "b", "c"]);
    time += 60_000;
    await log.append("d");
    await log.close();
    const lines = async (...args: string[]) =>
      (await exported(dir, ...args)).trim().split("\n");
    assertEquals(await lines("--from", "2", "--to", "3"), [
      '{"lsn":2,"batch":2,"time":"2026-01-01T00:00:00.000Z","text":"b"}',
      '{"lsn":3,"time":"2026-01-01T00:00:00.000Z","text":"c"}',
    ]);
    const last = '{"lsn":4,"time":"2026-01-01T00:01:00.000Z","text":"d"}';
    assertEquals(await lines("--since", "2026-01-01T00:00:30Z"), [last]);
    assertEquals(await exported(dir, "--since", "1m"), "");
    const file = join(top, "file");
    assertEquals(await exported(dir, "--from", "4", "--output", file), "");
    assertEquals(await readFile(file, "utf8"), `${last}\n`);
    const again = await wal(["export", dir, "--output", file]);
    assertEquals(again.code, 1);
    assertStringIncludes(again.stderr, "it already exists");
    assertEquals(await readFile(file, "utf8"), `${last}\n`);
  }));

test("import continues a log, and refuses what does not follow", () =>
  withLog("one\ntwo\n", async (dir) => {
    const line = (lsn: number, text: string) =>
      `{"lsn":${lsn},"text":"${text}"}\n`;
    const three = line(3, "three");
    const early = await imported(dir, line(2, "two") + three);
    assertEquals(early.code, 1);
    assertStringIncludes(early.stderr, "Cannot import line 1 because record 2");
    const late = await imported(dir, `${three}\n${line(5, "five")}`);
    assertEquals(late.code, 1);
    assertStringIncludes(late.stderr, "acked 1 record (disk)");
    assertStringIncludes(late.stderr, "line 3 because a gap precedes record 5");
    const resumed = await imported(
      dir,
      line(2, "x") + three + line(4, "four"),
      "--resume",
    );
    assertEquals(resumed.code, 0);
    const gap = await imported(dir, line(7, "seven"), "--allow-gaps");
    assertEquals(gap.code, 0);
    const renumbered = await imported(
      dir,
      line(1, "eight") + '{"lsn":2,"lost":9}\n{"text":"nine"}',
      "--renumber",
    );
    assertEquals(renumbered.code, 0);
    const { stdout, stderr } = await wal(["cat", dir]);
    const words = "one two three four seven eight nine".split(" ");
    assertEquals(`${stdout}`, `${words.join("\n")}\n`);
    assertStringIncludes(stderr, "records 5 to 6 are lost");
  }));

test("import keeps what precedes a bad line, and no half of a batch", () =>
  withTempDir(async (dir) => {
    const batch = '{"lsn":7,"text":"a"}\n{"lsn":8,"batch":2,"text":"b"}\n';
    const cut = await imported(dir, batch);
    assertEquals(cut.code, 1);
    assertStringIncludes(
      cut.stderr,
      "line 2 because the input ends 1 record before",
    );
    assertStringIncludes(cut.stderr, "acked 1 record (disk), 1 byte, in");
    assertEquals((await exported(dir)).split("\n").length, 2);
    const bad = await imported(
      dir,
      '{"lsn":8,"text":"b"}\nrubbish\n',
      "--json",
    );
    assertEquals(bad.code, 1);
    const error = JSON.parse(bad.stderr);
    assertEquals([error.code, error.line], ["bad-line", 2]);
    const log = await Wal.open(dir);
    assertEquals([log.firstLsn, log.lastLsn], [7, 8]);
    await log.close();
  }));

test("import makes no log of nothing, and takes the output of cat --json", () =>
  withLog("one\ntwo\n", (dir) =>
    withTempDir(async (top) => {
      const copy = join(top, "copy");
      assertEquals((await imported(copy, "\n\n")).code, 0);
      assertEquals(await exists(copy), false);
      const { stdout } = await wal(["cat", dir, "--json"]);
      const run = await wal(["import", copy, "--json"], {
        stdin: input(stdout),
      });
      const { seconds: _, ...summary } = JSON.parse(`${run.stdout}`);
      assertEquals(summary, {
        ...{ records: 2, bytes: 6, firstLsn: 1, lastLsn: 2, ack: "disk" },
        ...{ lost: 0, skipped: 0 },
      });
      assertEquals(
        `${(await wal(["cat", copy, "--json"])).stdout}`,
        `${stdout}`,
      );
    })));

test("import makes durable what was read before a signal", () =>
  withTempDir(async (dir) => {
    const controller = new AbortController();
    async function* stdin() {
      yield* input('{"lsn":1,"text":"a"}\n{"lsn":2,"te');
      controller.abort("SIGTERM");
      await new Promise(() => {});
    }
    const interrupt = controller.signal;
    const run = await wal(["import", dir], { stdin: stdin(), interrupt });
    assertEquals(run.code, 143);
    assertStringIncludes(run.stderr, "acked 1 record");
    assertEquals(`${(await wal(["cat", dir])).stdout}`, "a\n");
  }));
