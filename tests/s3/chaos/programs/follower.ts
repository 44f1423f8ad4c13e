/**
 * Follows a log until it is told to stop, or killed, from its beginning or by a
 * durable cursor. What it has seen is in its notes.
 *
 * @module
 */
import process from "node:process";
import type { Cursor, WalReader } from "../../../../reader/mod.ts";
import { CompactedError } from "../../../../storage/frame_log.ts";
import type { LogRecord } from "../../../../writer/record.ts";
import { readChaosRecord } from "../chaos_record.ts";
import { NoteTaker } from "../notes.ts";
import type { FollowerOrders } from "../orders.ts";
import { openReader, readOrders } from "./open_log.ts";

/** Records from one commit of the cursor to the next. */
const COMMIT_EVERY = 50;

const orders = readOrders<FollowerOrders>();
const notes = new NoteTaker(orders.notes, orders.process);
const stopping = new AbortController();
process.stdin.on("data", () => stopping.abort());
const { signal } = stopping;

/** LSN of the record that is due; 0 if any is. */
let due = 0;

function take({ lsn, data }: LogRecord<Uint8Array>): void {
  if (due > 0 && lsn !== due) notes.bug(`saw ${lsn} instead of ${due}`);
  due = lsn + 1;
  const record = readChaosRecord(data);
  if (record === undefined) notes.bug(`record ${lsn} is damaged`);
  else notes.saw({ ...record, lsn, count: 1 });
}

/** Goes on where the log begins if it was truncated beyond what is due. */
async function followCursor(reader: WalReader, name: string): Promise<void> {
  const cursor = await reader.cursor(name);
  due = cursor.committedLsn + 1;
  for (let count = 1;; count++) {
    try {
      const record = await cursor.next({ signal });
      if (record === undefined) return;
      take(record);
      if (count % COMMIT_EVERY === 0) await cursor.commit();
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error;
      await seek(cursor, error.firstLsn);
    }
  }
}

/** Goes on with record `lsn`, or where the log begins by then. */
async function seek(cursor: Cursor, lsn: number): Promise<void> {
  try {
    await cursor.seek(lsn);
    due = lsn;
  } catch (error) {
    if (!(error instanceof CompactedError)) throw error;
    await seek(cursor, error.firstLsn);
  }
}

async function follow(reader: WalReader): Promise<void> {
  for (let from = 1;;) {
    try {
      const options = from === 1 ? { signal } : { from, signal };
      for await (const record of reader.follow(options)) take(record);
      return;
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error;
      due = 0;
      from = error.firstLsn;
    }
  }
}

try {
  const reader = await notes.timed("observe", () => openReader(orders));
  notes.opened();
  process.stdout.write("following\n");
  if (orders.cursor === undefined) await follow(reader);
  else await followCursor(reader, orders.cursor);
} catch (error) {
  // It may be told to stop in the middle of anything.
  if (!signal.aborted) notes.failed("follow", error);
}
process.exit();
