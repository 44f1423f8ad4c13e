import fc from "fast-check";
import {
  compareSegments,
  formatCursorName,
  formatManifestName,
  formatOriginalName,
  formatSegmentName,
  formatSnapshotName,
  formatSpareName,
  isOriginal,
  parseCursorName,
  parseManifestName,
  parseSegmentName,
  parseSnapshotName,
  parseUnfinished,
  parseUnfinishedManifest,
} from "../../../storage/format/file_names.ts";
import { assert, assertEquals, assertFalse } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

const numbers = [1, 2, 99_999_999, 100_000_000, 2 ** 53 - 1];
const revisions = [undefined, 1, 9, 10, 2 ** 53 - 1];

/** All names of the numbers above. */
const names = numbers.flatMap((firstLsn) =>
  numbers.flatMap((epoch) =>
    revisions.map((revision) => ({
      name: formatSegmentName(firstLsn, epoch, revision),
      firstLsn,
      epoch,
      ...(revision !== undefined && { revision }),
    }))
  )
);

test("parseSegmentName() gives back what formatSegmentName() was given", () => {
  for (const segment of names) {
    assertEquals(parseSegmentName(segment.name), segment);
    assertEquals(parseUnfinished(`${segment.name}.tmp`), segment.epoch);
    assertEquals(parseUnfinished(segment.name), undefined);
  }
  assertEquals(
    formatSegmentName(5, 2, 1),
    "0000000000000005-00000002.1.wal",
  );
});

test("parseSegmentName() knows no other spelling of a name", () => {
  const others = [
    "1-1.wal",
    "0000000000000001-1.wal",
    "0000000000000001-000000001.wal",
    "0000000000000001-00000001.0.wal",
    "0000000000000001-00000001.01.wal",
    "0000000000000001-00000001..wal",
    "0000000000000001-00000001.wal.tmp",
    "0000000000000001-00000001.wal.broken",
    "9007199254740992-00000001.wal",
    "0000000000000001-9007199254740992.wal",
    "0000000000000001-00000001.9007199254740992.wal",
    "user-0000000000000001-00000001.wal",
  ];
  for (const name of others) {
    assertEquals(parseSegmentName(name), undefined, name);
  }
});

test("parseSegmentName() accepts no name that is not formatted so", () => {
  const name = fc.stringMatching(/^\d{15,17}-\d{7,10}(\.\d{1,3})?\.wal$/);
  fc.assert(fc.property(name, (name) => {
    const segment = parseSegmentName(name);
    if (segment === undefined) return;
    const { firstLsn, epoch, revision } = segment;
    assertEquals(formatSegmentName(firstLsn, epoch, revision), name);
  }));
});

test("compareSegments() orders by LSN, epoch and revision as numbers", () => {
  const ordered = [...names].sort(compareSegments);
  for (const [index, next] of ordered.slice(1).entries()) {
    const before = ordered[index];
    const key = (one: typeof next) => [
      one.firstLsn,
      one.epoch,
      one.revision ?? 0,
    ];
    const at = key(before).findIndex((part, index) =>
      part !== key(next)[index]
    );
    assert(key(before)[at] < key(next)[at], `${before.name}, ${next.name}`);
  }
});

test("parseUnfinished() gives the epoch that made a spare, or undefined", () => {
  for (const epoch of numbers) {
    assertEquals(parseUnfinished(formatSpareName(3, epoch)), epoch);
  }
  assertEquals(formatSpareName(3, 1), "00000003-00000001.spare");
  for (const name of ["3-1.spare", "00000003.spare", "x.tmp", "00000001.tmp"]) {
    assertEquals(parseUnfinished(name), undefined, name);
  }
});

test("parseCursorName() knows the names of cursors, and no other spelling", () => {
  for (const cursor of ["a", "0", "_-_", "a".repeat(64)]) {
    const name = formatCursorName(cursor);
    assertEquals(parseCursorName(name), cursor);
    assertEquals(parseUnfinished(`${name}.0123abcd.tmp`), 0);
    assertEquals(parseUnfinished(`${name}.tmp`), undefined);
  }
  const others = [".cursor", "A.cursor", "a.b.cursor", "a.cursor.tmp", "a"];
  for (const name of [...others, `${"a".repeat(65)}.cursor`]) {
    assertEquals(parseCursorName(name), undefined, name);
  }
});

test("parseSnapshotName() gives back what formatSnapshotName() was given", () => {
  for (const lsn of [0, ...numbers]) {
    for (const epoch of numbers) {
      const name = formatSnapshotName(lsn, epoch);
      assertEquals(parseSnapshotName(name), { name, lsn, epoch });
      assertEquals(parseUnfinished(`${name}.tmp`), epoch);
    }
  }
  const name = formatSnapshotName(5, 2);
  assertEquals(name, "0000000000000005-00000002.snapshot");
  for (const other of [`0${name}`, name.slice(1), `${name}.tmp`, "5-2"]) {
    assertEquals(parseSnapshotName(other), undefined, other);
  }
});

test("isOriginal() knows what formatOriginalName() made, and nothing else", () => {
  const kept = [...names.map(({ name }) => name), "00000001.manifest"];
  for (const name of kept) {
    assertFalse(isOriginal(name), name);
    for (const number of [1, 2, 10]) {
      const original = formatOriginalName(name, number);
      assert(isOriginal(original), original);
      assertEquals(parseSegmentName(original), undefined);
    }
  }
  for (const name of ["x.broken", "00000001.lock.broken", "a.wal.broken"]) {
    assertFalse(isOriginal(name), name);
  }
});

const epochs = [0, 1, 42, 99_999_999, 100_000_000, 2 ** 53 - 1];

test("parseManifestName() gives back what formatManifestName() was given", () => {
  for (const epoch of epochs) {
    const name = formatManifestName(epoch);
    assertEquals(parseManifestName(name), epoch);
    assertEquals(parseUnfinishedManifest(`${name}.tmp`), epoch);
    assertEquals(parseUnfinishedManifest(name), undefined);
    assertEquals(parseManifestName(`${name}.tmp`), undefined);
  }
});

test("formatManifestName() pads to 8 digits, so that names sort by epoch", () => {
  assertEquals(formatManifestName(1), "00000001.manifest");
  assertEquals(formatManifestName(123_456_789), "123456789.manifest");
});

test("parseManifestName() knows no other spelling of an epoch", () => {
  const others = [
    "1.manifest",
    "000000001.manifest",
    "0000000x.manifest",
    "-0000001.manifest",
    " 00000001.manifest",
    "00000001.manifest ",
    "00000001.manifest.broken",
    "00000001.MANIFEST",
    "9007199254740993.manifest",
    `${"9".repeat(400)}.manifest`,
  ];
  for (const name of others) assertEquals(parseManifestName(name), undefined);
});

test("parseManifestName() accepts no name that is not formatted so", () => {
  const name = fc.stringMatching(/^\d{0,18}\.?manifest?(\.tmp)?$/);
  fc.assert(fc.property(name, (name) => {
    const epoch = parseManifestName(name);
    if (epoch !== undefined) assertEquals(formatManifestName(epoch), name);
  }));
});
