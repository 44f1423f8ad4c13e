import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkSyncs, probeText } from "../../../bench/peers/check_syncs.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { hex, write } from "../../kit/trace_line.ts";

const record = write("/d/log", `..${probeText(0)}..`);
const sync = `fdatasync(7<${hex("/d/log")}>) = 0`;
const ask = write("/d/marks", "ask 0\n");
const ack = write("/d/marks", "ack 0\n");

/** How many acks such calls show, and how many of them after a sync. */
function check(calls: readonly string[]): [number, number] {
  const directory = mkdtempSync(join(tmpdir(), "syncline-test-"));
  try {
    const file = join(directory, "trace");
    const lines = calls.map((call, index) => `1 ${index}.0 ${call}`);
    writeFileSync(file, lines.join("\n"));
    const { acks, synced } = checkSyncs(file, "/d");
    return [acks, synced];
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test("checkSyncs() counts an ack after a write and its sync", () => {
  assertEquals(check([ask, record, sync, ack]), [1, 1]);
});

test("checkSyncs() does not count a sync that comes too late", () => {
  assertEquals(check([ask, record, ack, sync]), [1, 0]);
});

test("checkSyncs() does not count a sync before the record is written", () => {
  assertEquals(check([ask, sync, record, ack]), [1, 0]);
});

test("checkSyncs() does not count a sync that failed", () => {
  const failed = `${sync.replace("= 0", "= -1 EIO (Input/output error)")}`;
  assertEquals(check([ask, record, failed, ack]), [1, 0]);
});

test("checkSyncs() does not count a sync of a file elsewhere", () => {
  const elsewhere = sync.replace(hex("/d/log"), hex("/e/log"));
  assertEquals(check([ask, record, elsewhere, ack]), [1, 0]);
});

test("checkSyncs() does not count a sync that began before the write", () => {
  const begun = `fdatasync(7<${hex("/d/log")}> <unfinished ...>`;
  const ended = "<... fdatasync resumed>) = 0";
  assertEquals(check([ask, begun, record, ended, ack]), [1, 0]);
});

test("checkSyncs() counts a write to a file that was opened with O_DSYNC", () => {
  const open = `openat(AT_FDCWD, "${hex("/d/log")}", O_RDWR|O_DSYNC)` +
    ` = 7<${hex("/d/log")}>`;
  assertEquals(check([open, ask, record, ack]), [1, 1]);
});
