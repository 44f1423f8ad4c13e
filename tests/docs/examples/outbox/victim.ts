import { json, WalReader } from "@syncline/wal";
import { appendFileSync, writeSync } from "node:fs";
import process from "node:process";
import { dispatch } from "../../../../docs/examples/outbox/dispatch.ts";
import {
  type LedgerRecord,
  OUTBOX,
} from "../../../../docs/examples/outbox/ledger.ts";

/*
 * A dispatcher to be killed, in a process that only reads the ledger. It
 * delivers an event by a line in a file, and every fifth one it buries.
 */

const [directory, delivered, isLast] = process.argv.slice(2);
// Its input ends when no process is left to kill it.
process.stdin.resume().once("end", () => process.exit());

const codec = json<LedgerRecord>();
const reader = await WalReader.open(directory, { codec });
const cursor = await reader.cursor(OUTBOX);
writeSync(1, `begins after ${cursor.committedLsn}\n`);
await dispatch(cursor, {
  ...{ attempts: 2, backoffMs: 1, commitEvery: 3, once: isLast === "last" },
  deliver({ key }) {
    if (Number(key) % 5 === 0) throw new Error("poison");
    appendFileSync(delivered, `${key} delivered\n`);
  },
  bury({ key }) {
    appendFileSync(delivered, `${key} buried\n`);
    return Promise.resolve();
  },
});
await reader.close();
process.exit();
