/**
 * Appends to a log until it is told to stop, or killed. What was acknowledged
 * is in its notes before it counts.
 *
 * @module
 */
import process from "node:process";
import { SeededRandom } from "../../../../random.ts";
import type { Wal } from "../../../../wal.ts";
import { makeChaosRecord, readChaosRecord } from "../chaos_record.ts";
import { NoteTaker } from "../notes.ts";
import type { WriterOrders } from "../orders.ts";
import { openWal, readOrders } from "./open_log.ts";

/** The maximum number of records before its last ack that a truncation keeps. */
const MOST_KEPT = 200;

const orders = readOrders<WriterOrders>();
const notes = new NoteTaker(orders.notes, orders.process);
const random = new SeededRandom(orders.seed);
let isStopping = false;
process.stdin.on("data", () => isStopping = true);

/** One opening of the log, and what is appended to it. */
class Session {
  readonly #name: string;
  readonly #wal: Wal;
  #appended = 0;
  #untilTruncation = orders.truncateEvery;
  /** Why it has ended. */
  failure: unknown;

  constructor(name: string, wal: Wal) {
    this.#name = name;
    this.#wal = wal;
  }

  /** Appends until it is told to stop, or fails. */
  async use(): Promise<void> {
    const lanes = Array.from({ length: orders.callers }, () => this.#lane());
    await Promise.all(lanes);
  }

  async #lane(): Promise<void> {
    while (!isStopping && this.failure === undefined) {
      try {
        await this.#append(random.integer(0, 9) === 0 ? 3 : 1);
      } catch (error) {
        this.failure ??= error;
      }
      await pause(random.integer(0, 20));
    }
  }

  async #append(count: number): Promise<void> {
    const [session, nth] = [this.#name, this.#appended + 1];
    this.#appended += count;
    const records = Array.from(
      { length: count },
      (_, index) => makeChaosRecord({ session, nth: nth + index }),
    );
    const lsn = await notes.timed(
      "append",
      async () =>
        count === 1
          ? await this.#wal.append(records[0])
          : (await this.#wal.appendBatch(records)).first,
    );
    notes.acked({ session, nth, lsn, count });
    if (nth === 1) process.stdout.write("acked\n");
    if (orders.truncateEvery > 0) await this.#truncate(lsn, count);
  }

  async #truncate(lsn: number, count: number): Promise<void> {
    this.#untilTruncation -= count;
    const to = lsn - random.integer(0, MOST_KEPT);
    if (this.#untilTruncation > 0 || to <= this.#wal.firstLsn) return;
    this.#untilTruncation = orders.truncateEvery;
    notes.truncating(to);
    await notes.timed("truncate", () => this.#wal.truncateBefore(to));
  }
}

/** Opens the log once, and uses it. Returns whether it has failed. */
async function live(opening: number): Promise<boolean> {
  let wal: Wal;
  try {
    wal = await notes.timed("open", () => openWal(orders));
  } catch (error) {
    notes.failed("open", error);
    return true;
  }
  notes.opened();
  const session = new Session(notes.session(opening), wal);
  try {
    await look(wal);
    await session.use();
    if (session.failure !== undefined) throw session.failure;
    await notes.timed("close", () => wal.close());
    return false;
  } catch (error) {
    notes.failed("use", error);
    await wal.close().catch(() => {});
    return true;
  }
}

/** Notes what is the last record there: it must stay. */
async function look(wal: Wal): Promise<void> {
  const lsn = wal.lastLsn;
  if (lsn < wal.firstLsn) return;
  const found = await notes.timed("get", () => wal.get(lsn));
  if (found === undefined) return notes.bug(`record ${lsn} is missing`);
  const record = readChaosRecord(found.data);
  if (record === undefined) notes.bug(`record ${lsn} is damaged`);
  else notes.saw({ ...record, lsn, count: 1 });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

for (let opening = 1; !isStopping; opening++) {
  if (!await live(opening)) break;
  if (!orders.returns) break;
  await pause(random.integer(50, 400));
}
process.exit();
