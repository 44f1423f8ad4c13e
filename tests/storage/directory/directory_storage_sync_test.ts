import { SyncRouting } from "../../../storage/directory/sync_routing.ts";
import { NodeStorage } from "../../../storage/directory/node_storage.ts";
import { assertEquals, assertThrows } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

function after(place: SyncRouting, ...durations: number[]): boolean {
  for (const ms of durations) place.observe(ms);
  return place.isThreaded;
}

const eight = (ms: number) => Array<number>(8).fill(ms);

test("SyncRouting leaves fast syncs where they are", () => {
  const place = new SyncRouting({});
  assertEquals(after(place, ...eight(0.1), ...eight(0.9)), false);
});

test("SyncRouting hands slow syncs over, and takes them back when fast", () => {
  const place = new SyncRouting({});
  assertEquals(after(place, ...eight(5)), true);
  assertEquals(after(place, ...eight(0.7)), true);
  assertEquals(after(place, ...eight(0.2)), false);
});

test("SyncRouting is not moved by a few outliers", () => {
  const place = new SyncRouting({});
  const few = [50, 0.1, 50, 0.1, 50, 0.1, 50, 0.1];
  assertEquals(after(place, ...few, ...few), false);
});

test("SyncRouting stays where an option puts it", () => {
  assertEquals(after(new SyncRouting({ io: "blocking" }), ...eight(50)), false);
  assertEquals(
    after(new SyncRouting({ io: "threaded" }), ...eight(0.01)),
    true,
  );
});

test("NodeStorage refuses an io that does not exist", () => {
  const io = "fast" as "auto";
  const make = () => new NodeStorage("/tmp", { io });
  assertThrows(make, TypeError, 'must be "auto", "blocking" or "threaded"');
});
