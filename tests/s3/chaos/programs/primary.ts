/**
 * Appends to a log in files that has a replica until it is told to stop, cannot
 * confirm any more, or is killed. In its notes is what the replica has confirmed.
 *
 * @module
 */
import process from "node:process";
import { SeededRandom } from "../../../../random.ts";
import { replicate } from "../../../../replicate/mod.ts";
import { Wal } from "../../../../wal.ts";
import { makeChaosRecord } from "../chaos_record.ts";
import { NoteTaker } from "../notes.ts";
import type { PrimaryOrders } from "../orders.ts";
import { chaosLog, readOrders } from "./open_log.ts";

const orders = readOrders<PrimaryOrders>();
const notes = new NoteTaker(orders.notes, orders.process);
const random = new SeededRandom(orders.seed);
const session = notes.session(1);
let isStopping = false;
process.stdin.on("data", () => isStopping = true);

let appended = 0;
let failure: unknown;

async function lane(wal: Wal): Promise<void> {
  while (!isStopping && failure === undefined) {
    const nth = ++appended;
    const record = makeChaosRecord({ session, nth });
    try {
      const lsn = await notes.timed(
        "confirm",
        () => wal.append(record, { ack: "remote" }),
      );
      notes.acked({ session, nth, lsn, count: 1 });
      if (nth === 1) process.stdout.write("acked\n");
    } catch (error) {
      failure ??= error;
    }
    const delayMs = random.integer(0, 20);
    await new Promise((resolve) => setTimeout(resolve, delayMs));
  }
}

try {
  const wal = await Wal.open(orders.directory);
  const engine = await chaosLog(orders);
  const { takeOver, settings: { limitMs } } = orders;
  const replica = await notes.timed(
    "replicate",
    () => replicate(wal, engine, { takeOver, limitMs }),
  );
  notes.opened();
  await Promise.all(
    Array.from({ length: orders.callers }, () => lane(wal)),
  );
  if (failure !== undefined) throw failure;
  await replica.close();
  await wal.close();
} catch (error) {
  notes.failed("replicate", error);
}
process.exit();
