import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { NoDirectoryError } from "../../storage/no_directory_error.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import { assert, assertEquals, assertRejects } from "../kit/assert.ts";
import { FakeFrameLog } from "../kit/fake_frame_log.ts";
import { test } from "../kit/register.ts";

test("Wal.open() and configure() refuse what the log cannot do, and change nothing", async () => {
  const archive = () => {};
  const write = () => "";
  const retention = { ms: 1 };
  const bad: [WalOptions, string][] = [
    [{ archive }, "archive"],
    [{ autoCheckpoint: { ms: 1, write } }, "checkpoint"],
    [{ retention }, "retain"],
    [{ retention: { bytes: 1 } }, "retain"],
  ];
  for (const [options, word] of bad) {
    const log = new FakeFrameLog();
    const error = await assertRejects(() => Wal.open(log, options), Error);
    const isKnown = error instanceof TypeError ||
      error instanceof NoDirectoryError;
    assert(isKnown && error.message.includes(word), error.message);
    assertEquals(log.calls, ["close unclean"]);
    const wal = await Wal.open(new FakeFrameLog());
    await assertRejects(() => wal.configure(options as never), Error, word);
    assertEquals(wal.settings.archive, null);
    await wal.close();
  }
});

test("Wal.open() refuses bad options of what is done in the background", async () => {
  const write = () => "";
  const bad: unknown[] = [
    { archive: 7 },
    { retention: {} },
    { retention: { ms: "1" } },
    { retention: { ms: 1, byte: 1 } },
    { autoCheckpoint: { ms: 1 } },
    { autoCheckpoint: { ms: 1, write, kep: 1 } },
  ];
  const outOfRange: unknown[] = [
    { retention: { ms: 0 } },
    { retention: { bytes: 1.5 } },
    { retention: { ms: 1, graceMs: -1 } },
    { retention: { ms: 1, everyMs: 0 } },
    { autoCheckpoint: { ms: 0, write } },
    { autoCheckpoint: { ms: 1, write, keep: 0 } },
  ];
  const open = (options: unknown) => () =>
    Wal.open(new MemoryStorage(), options as WalOptions);
  for (const options of bad) await assertRejects(open(options), TypeError);
  for (const options of outOfRange) {
    await assertRejects(open(options), RangeError);
  }
});
