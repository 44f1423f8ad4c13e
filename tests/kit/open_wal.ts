import { VirtualClock } from "../../testing/virtual_clock.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import { FakeFrameLog, type FakeFrameLogOptions } from "./fake_frame_log.ts";

/** A log whose time and storage the test controls. */
export interface OpenWal {
  wal: Wal;
  log: FakeFrameLog;
  clock: VirtualClock;
  /** Closes the log and settles as that does; rejects if it hangs. */
  close(): Promise<void>;
}

/** Opens a log on a {@linkcode FakeFrameLog} and a virtual clock. */
export async function openWal(
  options: WalOptions = {},
  fake: FakeFrameLogOptions = {},
): Promise<OpenWal> {
  const log = new FakeFrameLog(fake);
  const clock = new VirtualClock();
  const wal = await Wal.open(log, { clock, ...options });
  return { wal, log, clock, close: () => clock.settle(wal.close()) };
}
