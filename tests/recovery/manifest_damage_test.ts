/*
 * Goal: a manifest that is damaged or missing is never believed, no older one
 * takes its place, and a salvage makes a new one without losing a record.
 * Method: flip every bit of it, cut it at every byte, and take it away.
 */
import { crc32 } from "../../storage/format/crc32.ts";
import {
  decodeManifest,
  encodeManifest,
  type Manifest,
  MANIFEST_BYTES,
} from "../../storage/format/manifest.ts";
import type { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import { assert, assertEquals, assertRejects } from "../kit/assert.ts";
import { checkKept, checkSalvage, salvage } from "../kit/check_salvage.ts";
import { test } from "../kit/register.ts";
import {
  assertTyped,
  filesOf,
  LAST_LSN,
  lsnsWithout,
  makeSmallLog,
  readLog,
  type SmallLog,
  storageOf,
} from "../kit/small_log.ts";

const NAME = "00000003.manifest";
const MODES = ["tail", "strict"] as const;
const KEPT = { holes: [], isDamaged: true };

for (const closed of [true, false]) {
  const state = closed ? "a closed log" : "a log whose writer died";

  test(`Wal.open() believes no flipped bit of the manifest of ${state}`, async () => {
    const log = await makeSmallLog(closed);
    for (let bit = 0; bit < 8 * MANIFEST_BYTES; bit++) {
      for (const recovery of MODES) await refuse(log, flip(log, bit), recovery);
    }
  });

  test(`salvageLog() loses nothing to a flipped bit of the manifest of ${state}`, async () => {
    const log = await makeSmallLog(closed);
    for (let bit = 0; bit < 8 * MANIFEST_BYTES; bit++) {
      const check = bit % 8 === (bit >> 3) % 8 ? checkSalvage : checkKept;
      await check(withManifest(log, flip(log, bit)), KEPT);
    }
  });

  test(`salvageLog() loses nothing to any truncation of the manifest of ${state}`, async () => {
    const log = await makeSmallLog(closed);
    for (let size = 0; size < MANIFEST_BYTES; size++) {
      const cut = log.others.get(NAME)!.slice(0, size);
      for (const recovery of MODES) await refuse(log, cut, recovery);
      const { damages } = await checkSalvage(withManifest(log, cut), KEPT);
      assertEquals(damages[0].original, `[memory]/${NAME}.broken`);
    }
  });

  test(`salvageLog() makes a manifest for ${state} where it is missing`, async () => {
    const log = await makeSmallLog(closed);
    for (const recovery of MODES) await refuse(log, undefined, recovery);
    const { damages } = await checkSalvage(withManifest(log), KEPT);
    assertEquals(damages.length, 1);
    assertEquals(damages[0].original, undefined);
    assert(damages[0].reason.includes("it is unknown which records"));
  });
}

test("salvageLog() lets no older manifest take the place of a damaged one", async () => {
  const log = await makeSmallLog(true);
  const older = encodeManifest({
    ...manifestOf(log),
    epoch: 2,
    firstLsn: 7,
    baseLsn: 4,
    durableLsn: 7,
  });
  for (const damage of [flip(log, 300), undefined]) {
    const storage = withManifest(log, damage);
    storage.put("00000002.manifest", older);
    for (const recovery of MODES) {
      const opening = readLog(storage.kill(), { recovery });
      assertTyped(await assertRejects(() => opening), damage ? NAME : "y]");
    }
  }
  const storage = withManifest(log, flip(log, 300));
  storage.put("00000002.manifest", older);
  await salvage(storage);
  const whole = { lsns: lsnsWithout([]), holes: [] };
  assertEquals(await readLog(storage, { recovery: "strict" }), whole);
});

test("Wal.open() in mode salvage rebuilds a damaged manifest, and says so", async () => {
  const log = await makeSmallLog(true);
  const storage = withManifest(log, flip(log, 300));
  const warnings: string[] = [];
  const warn = (text: string) => warnings.push(text);
  await (await Wal.open(storage, { recovery: "salvage", warn })).close();
  assertEquals(warnings.length, 1);
  assert(warnings[0].includes(`${NAME}.broken`), warnings[0]);
  assertEquals((await readLog(storage)).lsns.length, LAST_LSN);
});

test("salvageLog() refuses a manifest of another version, and changes nothing", async () => {
  const log = await makeSmallLog(true);
  for (const at of [8, 12]) {
    const bytes = log.others.get(NAME)!.slice();
    bytes[at] ^= 2;
    const checksum = crc32(bytes.subarray(0, 124));
    new DataView(bytes.buffer).setUint32(124, checksum, true);
    const storage = withManifest(log, bytes);
    const before = filesOf(storage);
    for (const recovery of [...MODES, "salvage"] as const) {
      const error = await assertRejects(() => Wal.open(storage, { recovery }));
      assertEquals((error as Error).name, "FormatVersionError");
    }
    assertEquals(filesOf(storage), before);
  }
});

test("Wal.open() refuses a log that was closed with another last frame", async () => {
  const log = await makeSmallLog(true);
  const manifest = manifestOf(log);
  const other = encodeManifest({ ...manifest, link: manifest.link ^ 1 });
  for (const recovery of MODES) {
    const storage = withManifest(log, other);
    const error = await assertRejects(() => readLog(storage, { recovery }));
    assertTyped(error, log.segments[2].name);
  }
  const { damages } = await checkSalvage(withManifest(log, other), KEPT);
  assert(damages[0].reason.includes("but the log was closed with"));
});

function manifestOf({ others }: SmallLog): Manifest {
  return decodeManifest(others.get(NAME)!) as Manifest;
}

function flip({ others }: SmallLog, bit: number): Uint8Array {
  const bytes = others.get(NAME)!.slice();
  bytes[bit >> 3] ^= 1 << (bit & 7);
  return bytes;
}

function withManifest(log: SmallLog, bytes?: Uint8Array): MemoryStorage {
  const storage = storageOf(log);
  if (bytes === undefined) storage.remove(NAME);
  else storage.put(NAME, bytes);
  return storage;
}

async function refuse(
  log: SmallLog,
  bytes: Uint8Array | undefined,
  recovery: typeof MODES[number],
): Promise<void> {
  const opening = Wal.open(withManifest(log, bytes), { recovery });
  const error = await assertRejects(() => opening);
  assertEquals((error as Error).name, "CorruptLogError");
  assertTyped(error, bytes === undefined ? "[memory]" : NAME);
}
