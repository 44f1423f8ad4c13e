import { salvageLog } from "../../../recovery/salvage/salvage_log.ts";
import { MemoryStorage } from "../../../storage/memory/memory_storage.ts";
import { Wal } from "../../../wal.ts";
import { assert, assertEquals } from "../../kit/assert.ts";
import { lostIn, salvage } from "../../kit/check_salvage.ts";
import { decodeLog } from "../../kit/independent_decoder.ts";
import { test } from "../../kit/register.ts";
import { filesOf } from "../../kit/small_log.ts";

/*
 * Goal: a salvage brings back nothing that an owner wrote after it was
 * displaced, and keeps it as it was. Method: two owners at once; the first one
 * has continued after the end that the second one found, in its segment and in
 * new ones; damage to what the second one has.
 */

const FIRST = "0000000000000001-00000001.wal";
const OWN = "0000000000000005-00000002.wal";
const ZOMBIES = [
  "0000000000000007-00000001.wal",
  "0000000000000008-00000001.wal",
];

/** Records 2 to 4 of the first owner, then `own` more of the second one. */
async function makeFenced(own: number): Promise<MemoryStorage> {
  const options = { segmentBytes: 4096, reserveBytes: 0 };
  const old = new MemoryStorage();
  const zombie = await Wal.open(old, options);
  for (let lsn = 1; lsn <= 4; lsn++) await zombie.append(`r${lsn}`);
  // From this the manifest knows that all are durable.
  await zombie.truncateBefore(2);
  const storage = old.kill();
  for (const bytes of [5, 3000, 3000, 3000]) {
    await zombie.append("z".repeat(bytes));
  }
  const owner = await Wal.open(storage, options);
  for (let lsn = 5; lsn < 5 + own; lsn++) await owner.append(`r${lsn}`);
  await owner.close();
  for (const name of [FIRST, ...ZOMBIES]) storage.put(name, old.get(name)!);
  return storage;
}

/** The effects of damage to a log of records 2 to `last`. */
const DAMAGE: Record<string, {
  own: number;
  act: (storage: MemoryStorage) => void;
  lost: [number, number][];
}> = {
  "the first owner's segment": {
    own: 0,
    act: (storage) => spoil(storage, FIRST, "r3"),
    lost: [[3, 3]],
  },
  "the end of the first owner's segment": {
    own: 0,
    act: (storage) => spoil(storage, FIRST, "r4"),
    lost: [[4, 4]],
  },
  "both": {
    own: 4,
    act: (storage) => {
      spoil(storage, FIRST, "r4");
      spoil(storage, OWN, "r6");
    },
    lost: [[4, 4], [6, 6]],
  },
  "the second owner's segment": {
    own: 4,
    act: (storage) => spoil(storage, OWN, "r5"),
    lost: [[5, 5]],
  },
  "the second owner's segment, which is missing": {
    own: 4,
    act: (storage) => storage.remove(OWN),
    lost: [[5, 8]],
  },
  "the manifest alone": {
    own: 4,
    act: (storage) => storage.remove("00000002.manifest"),
    lost: [],
  },
};

for (const [what, { own, act, lost }] of Object.entries(DAMAGE)) {
  test(`salvageLog() gives back no record of a fenced owner: damage to ${what}`, async () => {
    const storage = await makeFenced(own);
    const whole = await recordsOf(storage.kill(), "strict");
    const expected = Array.from({ length: 3 + own }, (_, at) => `r${at + 2}`);
    assertEquals(whole, expected, "before the damage");

    act(storage);
    const before = filesOf(storage);
    const foreseen = await salvageLog(storage);
    const report = await salvage(storage);
    assertEquals(report, foreseen);
    assert(report.damages.length > 0);
    assertEquals(lostIn(report), lost);
    assertEquals((await salvage(storage)).damages, []);
    const kept = [...filesOf(storage).values()];
    for (const [name, bytes] of before) {
      assert(kept.some((file) => isSame(file, bytes)), `${name} is gone`);
    }

    const left = expected.filter((text) =>
      !lost.some(([from, to]) =>
        from <= Number(text.slice(1)) && Number(text.slice(1)) <= to
      )
    );
    // Only the manifest shows that the first record was dropped.
    if (what === "the manifest alone") left.unshift("r1");
    assertEquals(report.records, left.length);
    const decoded = decodeLog(filesOf(storage));
    assertEquals(decoded.refusal, undefined);
    assertEquals(decoded.records.length, left.length);
    assertEquals(await recordsOf(storage, "strict"), left);
    // Nor does a later opening, which names a later end.
    const wal = await Wal.open(storage);
    await wal.append("next");
    await wal.close();
    assertEquals(await recordsOf(storage, "strict"), [...left, "next"]);
  });
}

async function recordsOf(
  storage: MemoryStorage,
  recovery: "strict",
): Promise<string[]> {
  const wal = await Wal.open(storage, { recovery, warn() {} });
  const texts: string[] = [];
  for await (const { data } of wal.read()) {
    texts.push(new TextDecoder().decode(data));
  }
  await wal.close();
  return texts;
}

/** Changes one bit of a record. */
function spoil(storage: MemoryStorage, name: string, record: string): void {
  const bytes = storage.get(name)!;
  const [first, second] = new TextEncoder().encode(record);
  const at = bytes.findIndex((byte, index) =>
    index > 64 && byte === first && bytes[index + 1] === second &&
    bytes[index - 1] === 0 && bytes[index - 4] === 2
  );
  assert(at > 0, `${record} in ${name}`);
  bytes[at] ^= 1;
  storage.put(name, bytes);
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
