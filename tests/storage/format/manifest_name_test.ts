import fc from "fast-check";
import {
  formatManifestName,
  parseManifestName,
  parseUnfinishedManifest,
} from "../../../storage/format/file_names.ts";
import { assertEquals } from "../../support/assert.ts";
import { test } from "../../support/register.ts";

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
