import process from "node:process";
import { WalReader } from "../../../../reader/mod.ts";
import { Wal } from "../../../../wal.ts";
import { openPlace } from "../../place.ts";
import { ObjectLog } from "../../../../storage/s3/mod.ts";
import type { Orders } from "../orders.ts";

/** Reads the orders; the process ends when nobody is left to end it. */
export function readOrders<Given extends Orders>(): Given {
  process.stdin.resume().once("end", () => process.exit());
  return JSON.parse(process.argv[2]);
}

/** Opens the log for writing. */
export async function openWal(orders: Orders): Promise<Wal> {
  return await Wal.open(await chaosLog(orders));
}

/** Opens the log for reading. */
export async function openReader(orders: Orders): Promise<WalReader> {
  return await WalReader.open(await chaosLog(orders));
}

/** The log, not opened yet. */
export async function chaosLog(
  { endpoint, prefix, settings }: Orders,
): Promise<ObjectLog> {
  const { window, limitMs, compactSlots } = settings;
  return new ObjectLog(await openPlace(endpoint, prefix), {
    window,
    // A try that meets with silence ends soon, so that a round is short.
    retry: { tryMs: 1000 },
    batching: { limitMs, limitBytes: 1 << 20 },
    compaction: { slots: compactSlots, bytes: 200_000, mergedBytes: 400_000 },
    pollMs: 50,
  });
}
