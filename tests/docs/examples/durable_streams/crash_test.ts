/*
 * Goal: no crash takes back what a StreamStore has answered. Method: every
 * instant of a few appends to three streams, one of them a fork, a close and a
 * deletion, with the disks that the fault model allows there.
 */
import type { AppendRequest } from "../../../../docs/examples/durable-streams/decide_append.ts";
import { Refusal } from "../../../../docs/examples/durable-streams/refusal.ts";
import { StreamStore } from "../../../../docs/examples/durable-streams/stream_store.ts";
import { CountPolicy } from "../../../../policies/count_policy.ts";
import {
  explore,
  type ExploreOptions,
  type Life,
} from "../../../../testing/mod.ts";
import { assert, assertEquals } from "../../../kit/assert.ts";
import { test } from "../../../kit/register.ts";
import { shareIndex } from "../../../kit/share.ts";
import { appendOf, createOf, textOf } from "./stream_requests.ts";

/** What was answered, in order. */
type Answer =
  | { readonly path: string; readonly text: string }
  | { readonly path: string; readonly closed: true }
  | { readonly path: string; readonly deleted: true };

function openStore({ storage, clock }: Life<Answer>): Promise<StreamStore> {
  const policy = new CountPolicy({ records: 1 });
  const wal = { clock, policy, reserveBytes: 512, warn() {} };
  return StreamStore.open(storage, { wal });
}

/** Two writers at a time, then a fork of what they wrote. */
async function work(life: Life<Answer>): Promise<void> {
  await using store = await openStore(life);
  for (const path of ["/a", "/b"]) await store.create(createOf(path));
  const append = async (path: string, text: string) => {
    await store.append(path, appendOf(text));
    life.note({ path, text });
  };
  await Promise.all([append("/a", "1;"), append("/b", "2;")]);
  await append("/a", "3;");
  await store.create({ ...createOf("/c"), fork: { path: "/a" } });
  life.note({ path: "/c", text: "1;3;" });
  const last: AppendRequest = { ...appendOf("4;"), closes: true };
  await Promise.all([
    append("/c", "5;"),
    store.append("/a", last).then(() => {
      life.note({ path: "/a", text: "4;" });
      life.note({ path: "/a", closed: true });
    }),
  ]);
  await store.delete("/b");
  life.note({ path: "/b", deleted: true });
}

async function check(life: Life<Answer>): Promise<void> {
  await using store = await openStore(life);
  // What was begun after that may be done, too.
  const mayBeDeleted = life.facts.some((answer) => "closed" in answer);
  for (const answer of life.facts) {
    const { path } = answer;
    const stream = await store.find(path).catch((error) => {
      if (error instanceof Refusal && error.status === 404) return undefined;
      throw error;
    });
    if (stream === undefined) {
      assert(path === "/b" && mayBeDeleted, `${path} is lost`);
      continue;
    }
    assert(!("deleted" in answer), `${path} is back`);
    if ("closed" in answer) assertEquals(stream.isClosedForReaders, true);
    if (!("text" in answer)) continue;
    const text = await textOf(store, path);
    assert(text.includes(answer.text), `${path} holds ${text}`);
  }
}

for (
  const [name, more] of Object.entries<ExploreOptions>({
    "at any instant": { bound: 6, samples: 2 },
    "with slow syncs": { bound: 3, samples: 1, slow: true },
  })
) {
  test(`StreamStore keeps what it answered, ${name}`, async () => {
    const options = { seed: shareIndex, print() {}, ...more };
    await explore(work, check, options);
  });
}

test("a crash leaves a fork with the messages of its source, or no fork", async () => {
  const work = async (life: Life<Answer>) => {
    await using store = await openStore(life);
    await store.create(createOf("/source", "x"));
    await store.create(createOf("/other"));
    await store.create({ ...createOf("/fork"), fork: { path: "/source" } });
    await store.delete("/source");
    life.note({ path: "/fork", text: "x" });
    await Promise.all([store.reclaim(), store.delete("/fork")]);
  };
  const check = async (life: Life<Answer>) => {
    await using store = await openStore(life);
    if (life.facts.length === 0 || !store.paths().includes("/fork")) return;
    assertEquals(await textOf(store, "/fork"), "x");
  };
  const options = { seed: shareIndex, bound: 6, samples: 1, print() {} };
  await explore(work, check, options);
});
