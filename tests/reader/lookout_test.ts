import { Lookout } from "../../reader/lookout.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import type { Storage } from "../../storage/storage.ts";
import { assert, assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

const ms = (ms: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, ms));

/** A log whose changes are noticed by looking. */
function makeLog() {
  let changes = 0;
  let seen = 0;
  const look = () => {
    const isNew = seen !== changes;
    seen = changes;
    return Promise.resolve(isNew);
  };
  const counts = { glances: 0, looks: 0 };
  return {
    counts,
    change: () => changes++,
    get isSeen() {
      return seen === changes;
    },
    isPending: false,
    glance() {
      counts.glances++;
      return look();
    },
    lookAround() {
      counts.looks++;
      return look();
    },
  };
}

/** A storage that can be watched in this way only. */
const storageWith = (watch: Storage["watch"]): Storage =>
  Object.assign(Object.create(new MemoryStorage()), { watch });

async function msUntilSeen(log: ReturnType<typeof makeLog>): Promise<number> {
  const startedAt = performance.now();
  log.change();
  while (!log.isSeen) await ms(1);
  return performance.now() - startedAt;
}

test("Lookout glances in the turn of a report", async () => {
  let report = () => {};
  let isOver = false;
  const log = makeLog();
  const lookout = new Lookout(
    storageWith((wake) => {
      report = wake;
      return () => isOver = true;
    }),
    log,
  );
  assertEquals(log.counts.glances, 0);
  const stop = lookout.start();
  await ms(0);
  const { glances } = log.counts;
  log.change();
  report();
  assertEquals([log.isSeen, log.counts.glances], [true, glances + 1]);
  stop();
  report();
  assertEquals(log.counts.glances, glances + 1, "nobody waits");
  assertEquals(isOver, false, "it may be needed again soon");
  lookout.close();
  assertEquals(isOver, true);
});

for (
  const [name, watch] of Object.entries<Storage["watch"]>({
    "are not reported": undefined,
    "cannot be reported here": () => undefined,
    "cannot be reported, with an error": () => {
      throw new Error("ENOSPC");
    },
  })
) {
  test(`Lookout polls where changes ${name}`, async () => {
    const log = makeLog();
    const lookout = new Lookout(storageWith(watch), log);
    const stop = lookout.start();
    await ms(50);
    assert(await msUntilSeen(log) < 500);
    assert(await msUntilSeen(log) < 500);
    stop();
    lookout.close();
    const { looks } = log.counts;
    await ms(20);
    assertEquals(log.counts.looks, looks);
  });
}

test("Lookout polls an idle log less and less often", async () => {
  const log = makeLog();
  const lookout = new Lookout(storageWith(undefined), log);
  const stop = lookout.start();
  await ms(300);
  assert(log.counts.looks <= 9, `${log.counts.looks}`);
  stop();
  lookout.close();
});

test("Lookout does not rely on a system that misses changes", async () => {
  const log = makeLog();
  const lookout = new Lookout(storageWith(() => () => {}), log);
  const stop = lookout.start();
  // The slow poll finds two; then it polls as if nothing were reported.
  for (let change = 0; change < 2; change++) {
    await ms(600);
    await msUntilSeen(log);
  }
  await ms(600);
  assert(await msUntilSeen(log) < 400);
  stop();
  lookout.close();
});
