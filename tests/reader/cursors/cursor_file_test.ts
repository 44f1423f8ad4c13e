/*
 * Goal: a commit that resolved is never taken back, and a cursor is never at a
 * place that nobody committed. Method: consumers in a row, each with commits
 * that succeed, fail to sync, or are cut short by a kill; then power loss in
 * every way that the fault model allows; and a decoder written from the format
 * alone.
 */
import fc from "fast-check";
import { CursorFile } from "../../../reader/cursors/cursor_file.ts";
import {
  decodeCursor,
  encodeCommit,
  encodeCursor,
  encodeMark,
  freeSlot,
} from "../../../storage/format/companions/mod.ts";
import { MemoryStorage } from "../../../storage/memory/memory_storage.ts";
import type { StorageCall } from "../../../storage/memory/memory_file.ts";
import { seeded } from "../../../random.ts";
import { assert, assertEquals, assertRejects } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

const LOG = "00112233445566778899aabbccddeeff";

/** What happens to a commit, or to its consumer. */
type Event =
  | "commits"
  | "fails to sync"
  | "fails to write"
  | "killed"
  | "power";

const events = fc.array(
  fc.constantFrom<Event>(
    ...[
      "commits",
      "fails to sync",
      "fails to write",
      "killed",
      "power",
    ] as const,
  ),
  { minLength: 1, maxLength: 12 },
);

test("CursorFile never loses a commit, whatever fails and dies", async () => {
  await fc.assert(
    fc.asyncProperty(events, fc.nat(), async (events, seed) => {
      const random = seeded(seed);
      let failing: StorageCall["operation"] | undefined;
      const onCall = ({ operation, bytes }: StorageCall) => {
        if (operation !== failing) return;
        return { error: "EIO", bytes: bytes >> random(2) };
      };
      let storage = new MemoryStorage({ onCall, seed });
      let file = new CursorFile(storage, "a", LOG);
      await file.open(() => ({ lsn: 0, epoch: 1 }));
      // What the cursor may be at: the last commit, and those tried since.
      let may = [0];
      let lsn = 0;
      for (const event of events) {
        if (event === "killed" || event === "power") {
          if (event === "killed") storage = storage.kill({ onCall });
          else {
            storage = storage.crash((choices) => random(choices), { onCall });
          }
          file = new CursorFile(storage, "a", LOG);
          const found = await file.open(() => ({ lsn: -1, epoch: 1 }));
          assert(may.includes(found.lsn), `${found.lsn} is none of ${may}`);
          if (event === "power") may = [found.lsn];
          continue;
        }
        may.push(++lsn);
        if (event !== "commits") {
          failing = event === "fails to sync" ? "datasync" : "write";
          await assertRejects(() => file.commit({ lsn, epoch: 1 }), Error);
          failing = undefined;
          continue;
        }
        await file.commit({ lsn, epoch: 1 });
        may = [lsn];
      }
    }),
    { numRuns: 2000 },
  );
});

test("CursorFile commits to a slot of its own, and marks what is durable", async () => {
  const calls: string[] = [];
  const storage = new MemoryStorage({
    onCall: ({ operation, file, offset, bytes }) => {
      if (file !== "a.cursor" || operation === "read") return;
      calls.push(
        operation === "write" ? `write ${bytes} at ${offset}` : operation,
      );
    },
  });
  const file = new CursorFile(storage, "a", LOG);
  await file.open(() => ({ lsn: 4, epoch: 1 }));
  for (let lsn = 5; lsn <= 8; lsn++) {
    calls.length = 0;
    await file.commit({ lsn, epoch: 1 });
    const at = [4096, 0][(lsn - 5) % 2];
    assertEquals(calls, [
      "open",
      ...[`write 96 at ${at}`, "datasync", "write 64 at 12288"],
    ]);
  }
});

test("decodeCursor() finds the newest commit, whichever slot is damaged", () => {
  const commit = { log: LOG, epoch: 7, consumer: 9 };
  const first = { ...commit, sequence: 1, lsn: 10, confirmed: 1 };
  const second = { ...commit, sequence: 2, lsn: 20, confirmed: 1 };
  const third = { ...commit, sequence: 3, lsn: 30, confirmed: 2 };
  const bytes = encodeCursor(first);
  bytes.set(encodeCommit(second), 4096);
  bytes.set(encodeCommit(third), 8192);
  const damaged = (...slots: number[]) => {
    const copy = bytes.slice();
    for (const slot of slots) copy[4096 * slot + 40] ^= 1;
    const found = decodeCursor(copy);
    return "fault" in found
      ? found.fault
      : [found.newest.lsn, found.confirmed, ...found.places];
  };
  assertEquals(damaged(), [30, 2, 20, 30]);
  assertEquals(damaged(0), [30, 2, 20, 30]);
  assertEquals(damaged(1), [30, 2, 30]);
  assertEquals(damaged(2), [20, 1, 10, 20]);
  assertEquals(damaged(1, 2), [10, 1, 10]);
  assertEquals(damaged(0, 1, 2), "checksum");
  const { bytes: mark, offset } = encodeMark(third);
  bytes.set(mark, offset);
  assertEquals(damaged(), [30, 3, 30]);
  const state = decodeCursor(bytes);
  assert(!("fault" in state));
  assertEquals(state.newest, third);
  const free = (confirmed: number, failed = 0) =>
    freeSlot(state, confirmed, ({ sequence }) => sequence === failed);
  assertEquals([free(3), free(2), free(1)], [0, 0, undefined]);
  assertEquals([free(1, 3), free(2, 3)], [8192, 0]);
});
