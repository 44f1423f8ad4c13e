import { existsSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { NodeStorage } from "../../../storage/directory/node_storage.ts";
import { crc32 } from "../../../storage/format/crc32.ts";
import { Wal } from "../../../wal.ts";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import {
  flip,
  killed,
  segmentPaths,
  tornLog,
  wal,
  withLog,
  withSegments,
} from "../../kit/run_tool.ts";
import { snapshotDir } from "../../kit/snapshot_dir.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

/** `withSegments`, with record 1 damaged; two records per segment. */
function withDamage(
  use: (dir: string, first: string) => Promise<void>,
): Promise<void> {
  return withSegments(async (dir) => {
    const [first] = await segmentPaths(dir);
    await flip(first, 200);
    await use(dir, first);
  });
}

test("repair --dry-run shows what would be kept and lost, and changes nothing", () =>
  withDamage(async (dir, first) => {
    const before = await snapshotDir(dir);
    const { code, stdout } = await wal(["repair", dir, "--dry-run"]);
    assertEquals(code, 1);
    assertStringIncludes(`${stdout}`, `damaged  "${first}" at offset 64:`);
    assertStringIncludes(`${stdout}`, "checksum: expected 0x");
    assertStringIncludes(`${stdout}`, "record 1 is lost");
    assertStringIncludes(
      `${stdout}`,
      `bytes would be kept in "${first}.broken"`,
    );
    assertStringIncludes(`${stdout}`, "nothing was changed; a repair would");
    assertStringIncludes(`${stdout}`, "with 5 records kept, 1 record lost");
    assertEquals(await snapshotDir(dir), before);
  }));

test("repair makes a damaged log whole, and keeps its bytes next to it", () =>
  withDamage(async (dir, first) => {
    const spoilt = await readFile(first);
    const { code, stdout } = await wal(["repair", dir]);
    assertEquals(code, 0);
    assertStringIncludes(`${stdout}`, `are kept in "${first}.broken"`);
    assertStringIncludes(
      `${stdout}`,
      "REPAIRED: 5 records kept, 1 record lost",
    );
    assertEquals(await readFile(`${first}.broken`), spoilt);
    const log = await Wal.open(dir, { recovery: "strict" });
    assertEquals(await log.append("goes on"), 7);
    await log.close();
  }));

test("repair finds nothing to do the second time, or in a log that is whole", () =>
  withDamage(async (dir) => {
    await wal(["repair", dir]);
    for (const args of [["repair", dir], ["repair", dir, "--dry-run"]]) {
      const { code, stdout } = await wal(args);
      assertEquals(code, 0);
      assertEquals(`${stdout}`, "OK: 5 records; there is nothing to repair\n");
    }
  }));

test("repair reports a torn end, and leaves it as it is", () =>
  withTempDir(async (dir) => {
    const path = await tornLog(dir);
    const before = await readFile(path);
    const { code, stdout } = await wal(["repair", dir]);
    assertEquals(code, 0);
    assertStringIncludes(`${stdout}`, `torn     "${path}" at offset`);
    assertStringIncludes(`${stdout}`, "OK: 1 record; there is nothing");
    assertEquals(await readFile(path), before);
  }));

test("repair fills in for a segment that is missing, and says so", () =>
  withSegments(async (dir) => {
    const [, second] = await segmentPaths(dir);
    await rm(second);
    const { code, stdout } = await wal(["repair", dir]);
    assertEquals(code, 0);
    assertStringIncludes(`${stdout}`, "records 3 to 4 are lost");
    assertStringIncludes(`${stdout}`, "there are no bytes to keep");
    assertEquals((await segmentPaths(dir)).length, 3);
  }));

test("repair admits that it cannot know what a last segment held", () =>
  withSegments(async (dir) => {
    await killed(dir, await Wal.open(dir).then(appended));
    const last = (await segmentPaths(dir)).at(-1)!;
    await writeFile(last, "");
    const { code, stdout } = await wal(["repair", dir]);
    assertEquals(code, 0);
    assertStringIncludes(`${stdout}`, "unknown which records were in it");
    assertStringIncludes(`${stdout}`, "unknown which records are lost");
    assertStringIncludes(
      `${stdout}`,
      "REPAIRED: 6 records kept; it is unknown how many are lost",
    );
  }));

/** A log with one more record, in a segment of the new owner's epoch. */
async function appended(log: Wal): Promise<Wal> {
  await log.append("one more");
  return log;
}

test("repair knows from a closing manifest what the last segment held", () =>
  withSegments(async (dir) => {
    const last = (await segmentPaths(dir)).at(-1)!;
    await writeFile(last, "12345678");
    const { stdout } = await wal(["repair", dir]);
    assertStringIncludes(`${stdout}`, "found 8; records 5 to 6 belong there");
    assertStringIncludes(`${stdout}`, "records 5 to 6 are lost");
    assertStringIncludes(`${stdout}`, "4 records kept, 2 records lost");
    assertEquals((await wal(["verify", dir])).code, 0);
  }));

test("repair refuses a log that is open elsewhere, and a version it does not know", () =>
  withLog("one\n", async (dir) => {
    const log = await Wal.open(dir);
    const locked = await wal(["repair", dir]);
    await log.close();
    assertEquals([locked.code, locked.stdout.length], [1, 0]);
    assertStringIncludes(locked.stderr, "wal: Cannot open");
    const [path] = await segmentPaths(dir);
    const bytes = await readFile(path);
    bytes[8] = 9;
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 60)), 60);
    await writeFile(path, bytes);
    for (const args of [["repair", dir], ["repair", dir, "--dry-run"]]) {
      const { code, stderr } = await wal(args);
      assertEquals(code, 1);
      assertStringIncludes(stderr, "uses version 9 of the format");
    }
  }));

test("verify and inspect show holes, which are not damage", () =>
  withDamage(async (dir, first) => {
    assertEquals((await wal(["verify", dir])).code, 1);
    await wal(["repair", dir]);
    const { code, stdout } = await wal(["verify", dir]);
    assertEquals(code, 0);
    assertStringIncludes(`${stdout}`, "record 1 is lost; recorded by a repair");
    assertStringIncludes(`${stdout}`, "OK: 5 records in");
    assertStringIncludes(
      `${stdout}`,
      "1 record lost, as recorded by a repair",
    );
    assertStringIncludes(`${(await wal(["inspect", dir])).stdout}`, "hole");
    const json = JSON.parse(
      `${(await wal(["inspect", dir, "--json"])).stdout}`,
    );
    assertEquals([json.records, json.lost], [5, 1]);
    const hole = { offset: 64, firstLsn: 1, lastLsn: 1 };
    assertEquals(json.segments[0].holes, [hole]);
    const name = basename(first);
    assertEquals(json.segments[0].name, name.replace(".wal", ".1.wal"));
    assertEquals(json.originals, [`${name}.broken`]);
    assert((await readdir(dir)).includes(json.originals[0]));
  }));

test("cat leaves out what is lost, and says so", () =>
  withDamage(async (dir) => {
    await wal(["repair", dir]);
    const lines = await wal(["cat", dir]);
    assertEquals([lines.code, lines.stdout.length], [0, 5 * 1501]);
    assertEquals(lines.stderr, "wal: record 1 is lost\n");
    const json = await wal(["cat", dir, "--json", "--to", "2"]);
    const [hole, record] = `${json.stdout}`.split("\n");
    assertEquals([hole, json.stderr], ['{"lsn":1,"lost":1}', ""]);
    assertStringIncludes(record, '{"lsn":2,"text":"record 1 ');
  }));

test("repair --json says what the text says, with the same exit code", () =>
  withDamage(async (dir, first) => {
    const run = async (...args: string[]) => {
      const { code, stdout } = await wal(["repair", dir, "--json", ...args]);
      return { code, ...JSON.parse(`${stdout}`) };
    };
    const { damages, ...dry } = await run("--dry-run");
    const rest = { records: 5, lost: 1, fenced: [], strays: [] };
    assertEquals(dry, { code: 1, state: "damaged", ...rest });
    const [{ reason, ...damage }] = damages;
    assertEquals(damage, {
      ...{ file: first, offset: 64, firstLsn: 1, lastLsn: 1 },
      original: `${first}.broken`,
    });
    assertStringIncludes(reason, "checksum: expected 0x");
    const done = await run();
    assertEquals([done.code, done.state], [0, "repaired"]);
    assertEquals(done.damages, damages);
    const whole = { code: 0, state: "ok", ...rest, lost: 0, damages: [] };
    assertEquals(await run(), whole);
  }));

test("repair --json reports a torn end", () =>
  withTempDir(async (dir) => {
    const path = await tornLog(dir);
    const { stdout } = await wal(["repair", dir, "--json"]);
    const { state, torn } = JSON.parse(`${stdout}`);
    assertEquals([state, torn.file], ["ok", path]);
  }));

test("repair --take-over takes the log from its owner", () =>
  withDamage(async (dir) => {
    const owner = new NodeStorage(dir).lock();
    assertEquals((await wal(["repair", dir])).code, 1);
    assertEquals((await wal(["repair", dir, "--take-over"])).code, 0);
    assertEquals(owner.held(), false);
    owner.release();
  }));

test("repair stops between steps when interrupted, and continues next time", () =>
  withSegments(async (dir) => {
    const [first, second] = await segmentPaths(dir);
    await flip(first, 200);
    await flip(second, 3000);
    const interrupt = abortedWhen(() => existsSync(`${first}.broken`));
    const { code, stdout, stderr } = await wal(["repair", dir], { interrupt });
    assertEquals([code, stdout.length], [130, 0]);
    assertStringIncludes(stderr, "run the command again to continue");
    const names = await readdir(dir);
    assertEquals(names.filter((name) => name.endsWith(".tmp")), []);
    assertEquals(existsSync(`${second}.broken`), false);
    const again = await wal(["repair", dir]);
    assertEquals(again.code, 0);
    assertStringIncludes(`${again.stdout}`, "REPAIRED: 4 records kept");
    assertEquals((await wal(["verify", dir])).code, 0);
  }));

/** A signal that looks aborted once `condition` holds. */
function abortedWhen(condition: () => boolean): AbortSignal {
  const { signal } = new AbortController();
  return new Proxy(signal, {
    get(_, key) {
      if (key === "aborted") return condition();
      if (key === "reason") return "SIGINT";
      const value = Reflect.get(signal, key);
      return typeof value === "function" ? value.bind(signal) : value;
    },
  });
}
