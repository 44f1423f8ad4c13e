import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import { textsOf } from "./reader_kit.ts";

/** Options of a log with a flush thread. */
export const THREADED: WalOptions = { flushing: "thread", warn() {} };

/** Waits until `isSo`, for as long as the test may take. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Opens the log in `dir` again, inline, and reads all of it. */
export async function readAgain(dir: string): Promise<string[]> {
  const wal = await Wal.open(dir, { warn() {} });
  const texts = await textsOf(wal);
  await wal.close();
  return texts;
}
