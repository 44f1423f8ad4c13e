import { Buffer } from "node:buffer";
import { Store } from "../../../bench/redis_server/store.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

/** Runs `first` on a store, opens the store again, and runs `then` on it. */
async function reopened(
  first: (store: Store) => void | Promise<void>,
  then: (store: Store) => void,
): Promise<void> {
  await withTempDir(async (directory) => {
    for (const body of [first, then]) {
      const store = await Store.open(directory);
      await body(store);
      await store.close();
    }
  });
}

const every = String.fromCharCode(...Array(256).keys());
const bytes = Buffer.from(every, "latin1");

test("Store keeps any bytes as key and value when it is opened again", async () => {
  await reopened((store) => store.set(every, bytes), (store) => {
    assertEquals(store.get(every), bytes);
    assertEquals(store.size, 1);
  });
});

test("Store keeps the last value, longer, shorter or as long", async () => {
  for (const last of ["12", "1234", "789"]) {
    await reopened((store) => {
      store.set("k", Buffer.from("456"));
      store.set("k", Buffer.from(last));
      assertEquals(store.get("k"), Buffer.from(last));
    }, (store) => assertEquals(store.get("k"), Buffer.from(last)));
  }
});

test("Store copies values, so that callers may reuse their memory", async () => {
  const value = Buffer.from("mine");
  await reopened((store) => {
    store.set("k", value);
    value.fill(0);
    assertEquals(store.get("k"), Buffer.from("mine"));
  }, (store) => assertEquals(store.get("k"), Buffer.from("mine")));
});

test("Store forgets what was deleted, and keeps what was set after that", async () => {
  await reopened((store) => {
    for (const key of ["a", "b"]) store.set(key, bytes);
    assertEquals([store.delete("a"), store.delete("c")], [true, false]);
    assertEquals(store.delete("b"), true);
    store.set("b", Buffer.from("new"));
  }, (store) => {
    assertEquals(store.get("a"), undefined);
    assertEquals(store.get("b"), Buffer.from("new"));
  });
});

test("Store takes a record that is longer than its buffer", async () => {
  const long = Buffer.alloc(100_000, "x");
  await reopened((store) => {
    store.set("k", long);
    store.set("j".repeat(10_000), Buffer.from("v"));
  }, (store) => {
    assertEquals(store.get("k"), long);
    assertEquals(store.get("j".repeat(10_000)), Buffer.from("v"));
  });
});

test("Store.settled() resolves at once if nothing has changed", async () => {
  await reopened((store) => store.settled(), (store) => {
    assertEquals(store.size, 0);
  });
});
