import { writeSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { FencedError } from "../../../../storage/frame_log.ts";
import { LogLockedError } from "../../../../storage/storage.ts";
import { Wal } from "../../../../wal.ts";
import { LogFailedError } from "../../../../writer/log_failed_error.ts";

/*
 * A process that opens logs when it is told to, at the same instant as others,
 * and says how it went. Each line of standard input is an order.
 */

/** An order; each is answered by one line. */
export type RacerOrder =
  | { act: "open"; directory: string; at: number; takeOver?: boolean }
  | { act: "append" }
  | { act: "close" };

/** An answer. */
export type RacerAnswer =
  | { state: "open" | "closed" | "fenced" }
  | { state: "appended"; lsn: number }
  | { state: "locked"; pid: number; message: string }
  | { state: "failed"; message: string };

let wal: Wal | undefined;
say({ state: "closed" });
for await (const line of createInterface({ input: process.stdin })) {
  say(await obey(JSON.parse(line)).catch(explain));
}

async function obey(order: RacerOrder): Promise<RacerAnswer> {
  if (order.act === "open") {
    // The clock is the only barrier that lets no process go first.
    while (Date.now() < order.at);
    wal = await Wal.open(order.directory, { takeOver: order.takeOver });
    return { state: "open" };
  }
  if (order.act === "append") {
    return { state: "appended", lsn: await wal!.append(`${process.pid}`) };
  }
  await wal?.close();
  return { state: "closed" };
}

function explain(error: unknown): RacerAnswer {
  if (error instanceof LogLockedError) {
    return { state: "locked", pid: error.pid, message: error.message };
  }
  const cause = error instanceof LogFailedError ? error.cause : error;
  if (cause instanceof FencedError) return { state: "fenced" };
  return { state: "failed", message: String(error) };
}

function say(answer: RacerAnswer): void {
  writeSync(1, `${JSON.stringify(answer)}\n`);
}
