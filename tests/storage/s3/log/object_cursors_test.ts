/**
 * Goal: of several consumers that commit to a cursor, one succeeds each time,
 * and what was committed stays, whatever answers are lost.
 *
 * @module
 */
import type { CursorEntry } from "../../../../storage/cursor_store.ts";
import { ObjectCursors } from "../../../../storage/s3/log/object_cursors.ts";
import {
  MemoryObjectStore,
  type OnObjectCall,
} from "../../../../storage/s3/memory_object_store.ts";
import { RetryingStore } from "../../../../storage/s3/retrying_store.ts";
import { VirtualClock } from "../../../../testing/virtual_clock.ts";
import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
} from "../../../kit/assert.ts";
import { test } from "../../../kit/register.ts";

function entry(sequence: number, text = `${sequence}`): CursorEntry {
  return { sequence, content: new TextEncoder().encode(text) };
}

async function textOf(cursors: ObjectCursors, name = "a") {
  const found = await cursors.read(name);
  return found && [found.sequence, new TextDecoder().decode(found.content)];
}

function cursorsIn(
  store: ConstructorParameters<typeof ObjectCursors>[0],
  token = "one",
): ObjectCursors {
  return new ObjectCursors(store, { log: "log", token });
}

test("ObjectCursors.commit() is what read() finds, in each cursor", async () => {
  const store = new MemoryObjectStore();
  const cursors = cursorsIn(store);
  assertEquals(await textOf(cursors), undefined);
  for (let sequence = 1; sequence <= 12; sequence++) {
    assert(await cursors.commit("a", entry(sequence)));
    assertEquals(await textOf(cursors), [sequence, `${sequence}`]);
  }
  assert(await cursors.commit("b-c", entry(1)));
  assertEquals(await textOf(cursorsIn(store), "b-c"), [1, "1"]);
  assertEquals(await cursors.list(), ["a", "b-c"]);
  assertEquals((await store.list()).objects.length, 2);
});

test("ObjectCursors.commit() succeeds for one of two consumers", async () => {
  const store = new MemoryObjectStore();
  const [one, other] = [cursorsIn(store), cursorsIn(store, "other")];
  const made = await Promise.all([
    one.commit("a", entry(1, "one")),
    other.commit("a", entry(1, "other")),
  ]);
  assertEquals(made.toSorted(), [false, true]);
  const winner = made[0] ? "one" : "other";
  assertEquals(await textOf(one), [1, winner]);
});

test("ObjectCursors.commit() of the same content may be repeated", async () => {
  const cursors = cursorsIn(new MemoryObjectStore());
  assert(await cursors.commit("a", entry(1, "x")));
  assert(await cursors.commit("a", entry(1, "x")));
  assertFalse(await cursors.commit("a", entry(1, "y")));
  assertFalse(await cursors.commit("a", entry(1, "xx")));
  assert(await cursors.commit("a", entry(2, "x")));
  assertFalse(await cursors.commit("a", entry(1, "x")));
});

test("ObjectCursors.commit() tells a consumer that was paused, even if its number is free again", async () => {
  const store = new MemoryObjectStore();
  const [one, other] = [cursorsIn(store), cursorsIn(store, "other")];
  assert(await one.commit("a", entry(1)));
  for (const sequence of [2, 3]) {
    assert(await other.commit("a", entry(sequence)));
  }
  assertEquals((await store.list()).objects.length, 1);
  assertFalse(await one.commit("a", entry(2, "paused")));
  assertEquals(await textOf(one), [3, "3"]);
  assert(await other.commit("a", entry(4)));
  assertEquals((await store.list()).objects.length, 1);
});

test("ObjectCursors.commit() says what is true if it is stopped, or answers are lost, at any call", async () => {
  for (const isApplied of [false, true]) {
    for (const isLasting of [false, true]) {
      for (let failed = 0; failed < 6; failed++) {
        let calls = -1;
        let onCall: OnObjectCall = () => {};
        const memory = new MemoryObjectStore({
          onCall: (call) => onCall(call),
        });
        const clock = new VirtualClock();
        const store = new RetryingStore(memory, { clock, deadlineMs: 100 });
        const cursors = cursorsIn(store);
        for (const sequence of [1, 2]) {
          assert(await cursors.commit("a", entry(sequence)));
        }
        onCall = () => {
          calls++;
          const fails = isLasting ? calls >= failed : calls === failed;
          return fails
            ? { error: { status: 500, code: "InternalError" }, isApplied }
            : undefined;
        };
        let made: boolean | undefined;
        const commit = cursors.commit("a", entry(3))
          .then((result) => made = result, () => {});
        let isOver = false;
        commit.then(() => isOver = true);
        while (!isOver) {
          clock.advance(10);
          await new Promise((resolve) => setTimeout(resolve));
        }
        onCall = () => {};
        const found = await textOf(cursorsIn(memory, "again"));
        if (made) assertEquals(found, [3, "3"]);
        else assert(found?.[0] === 2 || found?.[0] === 3);
        assert(await cursorsIn(memory, "again").commit("a", entry(3)));
        assertEquals(await textOf(cursorsIn(memory)), [3, "3"]);
        assertEquals((await memory.list()).objects.length, 1);
      }
    }
  }
});

test("ObjectCursors.read() goes on with a commit made meanwhile", async () => {
  let act: (() => Promise<unknown>) | undefined;
  const memory = new MemoryObjectStore({
    onCall({ operation }) {
      if (operation !== "get" || act === undefined) return;
      const acting = act();
      act = undefined;
      return { after: acting };
    },
  });
  const cursors = cursorsIn(memory);
  assert(await cursors.commit("a", entry(1)));
  act = () => cursorsIn(memory, "other").commit("a", entry(2));
  assertEquals(await textOf(cursors), [2, "2"]);
});

test("ObjectCursors.read() tells damage, and a cursor of another log", async () => {
  const store = new MemoryObjectStore();
  assert(await cursorsIn(store).commit("a", entry(1, "content")));
  const other = new ObjectCursors(store, { log: "other", token: "x" });
  await assertRejects(() => other.read("a"));
  const [{ key }] = (await store.list()).objects;
  const { bytes, id } = (await store.get(key))!;
  for (let at = 0; at < bytes.length; at++) {
    const damaged = bytes.slice();
    damaged[at] ^= 1;
    for (const content of [damaged, bytes.slice(0, at)]) {
      await store.remove(key);
      await store.create(key, content, { id: id! });
      const error = await assertRejects(() => cursorsIn(store).read("a"));
      assertEquals((error as Error).name, "CorruptLogError");
    }
  }
});
