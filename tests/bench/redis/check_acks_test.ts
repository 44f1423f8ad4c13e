import { findAcks } from "../../../bench/redis/check_acks.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { hex, write } from "../../kit/trace_line.ts";

const record = write("/d/log", "..probe:1..probe:2..");
const sync = `fdatasync(7<${hex("/d/log")}>) = 0`;
const replies = write("socket:[1]", ":1\r\n:2\r\n");

/** How many replies such calls show, and how many of them after a sync. */
function check(...calls: string[]): [number, number] {
  const lines = calls.map((call, index) => `1 ${index}.0 ${call}`);
  const { acks, synced } = findAcks(lines.join("\n"));
  return [acks, synced];
}

test("findAcks() counts replies after a write and its sync", () => {
  assertEquals(check(record, sync, replies), [2, 2]);
});

test("findAcks() counts a reply that is sent through sendto or writev", () => {
  const sent = `sendto(7<${hex("socket:[1]")}>, "${hex(":1\r\n")}", 4, 0,` +
    " NULL, 0) = 4";
  const vector = `writev(7<${hex("socket:[1]")}>, [{iov_base="${
    hex(":2\r\n")
  }", iov_len=4}], 1) = 4`;
  assertEquals(check(record, sync, sent, vector), [2, 2]);
  assertEquals(check(record, sent, vector, sync), [2, 0]);
});

test("findAcks() does not count a sync that comes too late, or too early", () => {
  assertEquals(check(record, replies, sync), [2, 0]);
  assertEquals(check(sync, record, replies), [2, 0]);
});

test("findAcks() does not count a sync that covers only an earlier record", () => {
  const first = write("/d/log", "..probe:1..");
  const second = write("/d/log", "..probe:2..");
  assertEquals(check(first, sync, second, replies), [2, 1]);
});

test("findAcks() does not count a sync that failed, or is still in flight", () => {
  const failed = sync.replace("= 0", "= -1 EIO (Input/output error)");
  const begun = `fdatasync(7<${hex("/d/log")}> <unfinished ...>`;
  const ended = "<... fdatasync resumed>) = 0";
  assertEquals(check(record, failed, replies), [2, 0]);
  assertEquals(check(record, begun, replies, ended), [2, 0]);
});

test("findAcks() does not count a sync that began before the write", () => {
  const begun = `fdatasync(7<${hex("/d/log")}> <unfinished ...>`;
  const ended = "<... fdatasync resumed>) = 0";
  assertEquals(check(begun, record, ended, replies), [2, 0]);
});
