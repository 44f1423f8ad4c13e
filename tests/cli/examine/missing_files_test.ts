/*
 * Goal: `verify`, `inspect` and `repair` report whatever is missing from a log or
 * does not belong to it, wherever opening the log would notice.
 */
import { Buffer } from "node:buffer";
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Wal } from "../../../wal.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import {
  flip,
  killed,
  manifestPath,
  segmentPaths,
  wal,
  withLog,
  withSegments,
} from "../../kit/run_tool.ts";
import { snapshotDir } from "../../kit/snapshot_dir.ts";

/**
 * What the commands say about a log that opening refuses; they change nothing.
 */
async function examine(dir: string) {
  await assertRejects(() => Wal.open(dir), Error);
  const before = withoutLocks(await snapshotDir(dir));
  const verify = await wal(["verify", dir]);
  const inspect = await wal(["inspect", dir]);
  const dryRun = await wal(["repair", dir, "--dry-run"]);
  const codes = [verify.code, inspect.code, dryRun.code];
  assertEquals(codes, [1, 0, 1], `${verify.stdout}${dryRun.stdout}`);
  assertEquals(withoutLocks(await snapshotDir(dir)), before);
  const texts = [verify, inspect, dryRun].map(({ stdout }) => `${stdout}`);
  for (const text of texts) {
    assertEquals(/\b0 records lost/.test(text), false, text);
  }
  return texts;
}

function withoutLocks(files: [string, string][]): [string, string][] {
  return files.filter(([path]) => !/\.lock$/.test(path));
}

/** Repairs the log and checks that it is whole then; returns what was said. */
async function repair(dir: string): Promise<string> {
  const { code, stdout } = await wal(["repair", dir]);
  assertEquals(code, 0);
  const { code: verified, stdout: text } = await wal(["verify", dir]);
  assertEquals(verified, 0, `${text}`);
  await Wal.open(dir).then((log) => log.close());
  return `${stdout}`;
}

test("a missing manifest is damage, and can be repaired", () =>
  withSegments(async (dir) => {
    await rm(await manifestPath(dir));
    const [verify, inspect, dryRun] = await examine(dir);
    for (const text of [verify, inspect, dryRun]) {
      assertStringIncludes(text, "the manifest is missing, but there are");
    }
    assertStringIncludes(verify, "DAMAGED: missing files;");
    assertStringIncludes(dryRun, "it is unknown how many are lost");
    const { code, stderr } = await wal(["cat", dir]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "the manifest is missing");
    assertStringIncludes(await repair(dir), "REPAIRED: 6 records kept; it is");
  }));

test("a damaged manifest is damage, and can be repaired", () =>
  withSegments(async (dir) => {
    const path = await manifestPath(dir);
    await flip(path, 50);
    const [verify, inspect, dryRun] = await examine(dir);
    for (const text of [verify, inspect, dryRun]) {
      assertStringIncludes(text, `"${path}" at offset 0`);
      assertStringIncludes(text, "manifest checksum: expected");
    }
    assertStringIncludes(verify, "DAMAGED: the manifest;");
    const { stdout } = await wal(["verify", dir, "--json"]);
    const { state, damage, manifest } = JSON.parse(`${stdout}`);
    assertEquals([state, damage.file, damage.offset], ["damaged", path, 0]);
    assertEquals(manifest, undefined);
    const text = await repair(dir);
    assertStringIncludes(text, `kept in "${path}.broken"`);
  }));

/** What is lost from a log of six records, two per segment, without these. */
const WITHOUT: [indexes: number[], lost: string][] = [
  [[0], "records 1 to 2"],
  [[0, 1], "records 1 to 4"],
  [[2], "records 5 to 6"],
  [[0, 1, 2], "records 1 to 6"],
];

test("missing segments are damage, and named by their records", async () => {
  for (const [indexes, lost] of WITHOUT) {
    await withSegments(async (dir) => {
      const paths = await segmentPaths(dir);
      for (const index of indexes) await rm(paths[index]);
      const [verify, inspect, dryRun] = await examine(dir);
      const [first] = lost.match(/\d/)!;
      const pattern = new RegExp(`records? ${first} .*(is|are) missing`);
      assert(pattern.test(verify), verify);
      assert(pattern.test(inspect), inspect);
      assertStringIncludes(dryRun, `${lost} are lost`);
      const { code } = await wal(["cat", dir]);
      assertEquals(code, 1);
      const count = 2 * indexes.length;
      assertStringIncludes(await repair(dir), `kept, ${count} records lost`);
    });
  }
});

test("a closed log that was cut is damaged, even between two frames", () =>
  withSegments(async (dir) => {
    const last = (await segmentPaths(dir)).at(-1)!;
    const whole = await readFile(last);
    const frame = Math.ceil((48 + 4 + 1500) / 8) * 8;
    for (const bytes of [64 + frame, 64 + frame + 20, 64, 700]) {
      await writeFile(last, whole.subarray(0, bytes));
      const [verify, inspect, dryRun] = await examine(dir);
      assertStringIncludes(verify, "all records up to 6 were durable");
      assertStringIncludes(inspect, "end       corrupt at offset");
      assertStringIncludes(dryRun, "all records up to 6 were durable");
      assertEquals((await wal(["cat", dir])).code, 1);
    }
    await writeFile(last, whole);
    assertEquals((await wal(["verify", dir])).code, 0);
  }));

test("a log that was closed with other records is damaged", () =>
  withLog("one\n", async (dir) => {
    await withLog("two\n", async (other) => {
      const [path] = await segmentPaths(dir);
      const bytes = await readFile(path);
      const [otherPath] = await segmentPaths(other);
      const frames = (await readFile(otherPath)).subarray(64);
      // The frames of the other log do not have the salt that the header has.
      await writeFile(path, Buffer.concat([bytes.subarray(0, 64), frames]));
      const [verify] = await examine(dir);
      assertStringIncludes(verify, "record 1 is missing");
    });
  }));

test("a segment of another log is reported as such, wherever it is", async () => {
  for (const index of [0, 1, 2]) {
    await withSegments((dir) =>
      withSegments(async (other) => {
        const [path, source] = [
          (await segmentPaths(dir))[index],
          (await segmentPaths(other))[index],
        ];
        await cp(source, path);
        const open = await Wal.open(dir).catch(() => undefined);
        await open?.close();
        const range = `records ${2 * index + 1} to ${2 * index + 2}`;
        const verify = await wal(["verify", dir]);
        const inspect = await wal(["inspect", dir]);
        const text = await repair(dir);
        assertEquals([verify.code, open === undefined], [1, index === 2]);
        for (const said of [`${verify.stdout}`, `${inspect.stdout}`, text]) {
          assertStringIncludes(said, "it is a segment of another log");
          assertStringIncludes(said, `${range} belong there`);
        }
        assertStringIncludes(text, `${range} are lost`);
        assertStringIncludes(text, "4 records kept, 2 records lost");
        const kept = await readFile(`${path}.broken`);
        assertEquals(kept, await readFile(source));
      })
    );
  }
});

test("a copy of a segment under another name is reported as such", () =>
  withSegments(async (dir) => {
    const [first, , third] = await segmentPaths(dir);
    const copy = join(dir, "0000000000000007-00000001.wal");
    await cp(third, copy);
    for (const text of await examine(dir)) {
      assertStringIncludes(text, "a copy of that segment under another name");
      assertStringIncludes(text, "no records belong there");
    }
    assertStringIncludes(await repair(dir), "6 records kept, none lost");
    await cp(first, copy);
    const inside = join(dir, "0000000000000002-00000001.wal");
    await cp(third, inside);
    assertStringIncludes(await repair(dir), "6 records kept, none lost");
  }));

test("eight bytes with a segment's name are not an empty segment", () =>
  withSegments(async (dir) => {
    await killed(dir, await Wal.open(dir));
    const stub = join(dir, "0000000000000007-00000002.wal");
    await writeFile(stub, "12345678");
    for (const text of await examine(dir)) {
      assertStringIncludes(text, "segment header short: expected 64 bytes");
      assertStringIncludes(text, "it is unknown which records were in it");
    }
    const { stdout } = await wal(["repair", dir, "--dry-run", "--json"]);
    const { lossUnknown, damages } = JSON.parse(`${stdout}`);
    assertEquals([lossUnknown, damages[0].lossUnknown], [true, true]);
    assertStringIncludes(
      await repair(dir),
      "6 records kept; it is unknown how",
    );
  }));

test("eight bytes with a name within a segment cost no record", () =>
  withSegments(async (dir) => {
    await writeFile(join(dir, "0000000000000002-00000001.wal"), "12345678");
    assertStringIncludes(await repair(dir), "6 records kept, none lost");
    const { stdout } = await wal(["cat", dir]);
    assertEquals(stdout.length, 6 * 1501);
  }));
