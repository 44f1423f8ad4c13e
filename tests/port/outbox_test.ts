import { Outbox } from "../../port/outbox.ts";
import { GROUP_FIELDS } from "../../port/protocol.ts";
import { Tickets } from "../../port/tickets.ts";
import { assertEquals, assertRejects } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

const bounds = { maxWaitingBytes: 1e9, maxWaitingRecords: 1e9 };

test("Outbox puts records that are appended alike into one group", () => {
  const outbox = new Outbox(bounds);
  outbox.add("append", "a", 5, 2);
  outbox.add("enqueue", "bc", 6, 2);
  outbox.add("append", "d", 5, 0);
  outbox.addTogether(["e", "f"], [5, 5], 10, { level: 2 });
  outbox.addTogether(["g"], [5], 5, { level: 2, expect: 7 });
  outbox.add("append", "h", 5, 2);
  const { groups, bytes } = outbox.take()!;
  assertEquals(groups, [
    ...[2, 11, 2, 0, 0],
    ...[1, 5, 0, 0, 0],
    ...[2, 10, 2, 1, 0],
    ...[1, 5, 2, 1, 7],
    ...[1, 5, 2, 0, 0],
  ]);
  assertEquals(bytes.length, 36);
  assertEquals([...bytes.subarray(0, 6)], [1, 0, 0, 0, 97, 2]);
  assertEquals(outbox.take(), undefined);
  assertEquals([outbox.records, outbox.bytes, outbox.isEmpty], [7, 36, false]);
  for (let group = 0; group < 5; group++) outbox.settle(group).acked(1);
  assertEquals([outbox.records, outbox.bytes, outbox.isEmpty], [0, 0, true]);
});

test("Outbox begins another group after 1024 records, and sends 256 KiB at once", () => {
  const outbox = new Outbox(bounds);
  for (let nth = 0; nth < 1025; nth++) outbox.add("append", "", 4, 3);
  assertEquals(outbox.take()?.groups.length, 2 * GROUP_FIELDS);
  const half = "x".repeat(128 * 1024 - 4);
  outbox.add("append", half, 128 * 1024, 3);
  assertEquals(outbox.isFull, false);
  outbox.add("append", half, 128 * 1024, 3);
  assertEquals(outbox.isFull, true);
});

test("Group answers those that wait, and those that come later", async () => {
  const outbox = new Outbox(bounds);
  const group = outbox.add("append", "a", 5, 3);
  const waiting = [group.wait(0), group.wait(0)];
  outbox.add("append", "b", 5, 3);
  waiting.push(group.wait(1));
  group.acked(7);
  assertEquals(await Promise.all(waiting), [7, 7, 8]);
  assertEquals(await group.wait(1), 8);
  const refused = new Outbox(bounds).add("enqueue", "a", 5, 3);
  assertEquals(refused.refused(new Error("no")), false);
  await assertRejects(() => refused.wait(0), Error, "no");
});

test("Tickets finds the groups of the last tickets", () => {
  const outbox = new Outbox(bounds);
  const tickets = new Tickets();
  for (let nth = 1; nth <= 20_000; nth++) {
    const group = outbox.add("enqueue", "", 4, nth % 3 === 0 ? 1 : 2);
    if (nth % 2 === 0) tickets.add(group);
    if (nth % 50 === 0) outbox.take();
  }
  assertEquals(tickets.find(1), undefined);
  assertEquals(tickets.find(20_001), undefined);
  for (const ticket of [20_000, 19_000, 15_000]) {
    const { firstTicket = 0, count = 0 } = tickets.find(ticket) ?? {};
    assertEquals(ticket >= firstTicket && ticket < firstTicket + count, true);
  }
});
