import { MemoryStorage } from "../../../storage/memory/memory_storage.ts";
import { Wal } from "../../../wal.ts";
import type { TraceSubject } from "./check_trace.ts";
import { losePower } from "./lose_power.ts";
import { generator } from "./record_content.ts";
import { textOf, type TraceEvent } from "./trace_call.ts";
import { TracedDisk } from "./traced_disk.ts";
import { verifyLog } from "./verify_log.ts";

/**
 * Cuts power at instants of a trace, about one in `every` events, and opens
 * what is left: all that was acknowledged at `disk` by then has to be there.
 *
 * @returns How often power was cut.
 */
export async function replayPowerLoss(
  events: readonly TraceEvent[],
  subject: TraceSubject,
  { seed, every }: { seed: number; every: number },
): Promise<number> {
  const next = generator(seed);
  const disk = new TracedDisk();
  let noted = "";
  let cuts = 0;
  for (const event of events) {
    const { at, call } = event;
    const isNote = disk.pathOf(call.args[0]) === subject.notes;
    if (isNote && at === "start" && call.name.includes("write")) {
      noted += textOf(call.args[1]);
    }
    disk.follow(event);
    if (next() % every > 0) continue;
    const files = losePower(disk, subject.directory, next);
    try {
      await verify(files, noted, subject.seed);
    } catch (cause) {
      throw new Error(`seed ${seed}, cut ${cuts}`, { cause });
    }
    cuts++;
  }
  return cuts;
}

async function verify(
  files: ReadonlyMap<string, Uint8Array>,
  noted: string,
  seed: number,
): Promise<void> {
  const storage = new MemoryStorage();
  await storage.prepare();
  for (const [name, bytes] of files) {
    if (name.includes(".lock")) continue;
    const file = await storage.open(name, "create");
    if (bytes.length > 0) await file.write(bytes, 0);
    await file.close();
  }
  await using wal = await Wal.open(storage);
  const durable = noted.replaceAll(/^os .*\n/gm, "");
  await verifyLog(wal, { seed, notes: [{ round: 0, text: durable }] });
}
