import { writeAll } from "../../../storage/storage.ts";
import {
  ExplorationError,
  explore,
  type ExploreOptions,
  type Life,
  type LifeBody,
} from "../../../testing/mod.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

/*
 * Goal: `explore` tries all that it says, and finds what is wrong. Method:
 * workloads of a few calls whose states can be counted by hand, and workloads
 * that each have a bug.
 */

const quiet: ExploreOptions = { print: () => {} };

async function create(
  { storage }: Life<string>,
  name: string,
  bytes: Uint8Array,
  { sync = true, syncDirectory = true } = {},
): Promise<void> {
  const file = await storage.open(name, "create");
  await writeAll(file, bytes, 0);
  if (sync) await file.datasync();
  if (syncDirectory) await storage.syncDirectory();
}

/** Every file that was noted is there, and holds sevens. */
const hasAll: LifeBody<string> = ({ storage, facts }) => {
  for (const name of facts) {
    const bytes = storage.get(name);
    if (bytes === undefined) throw new Error(`${name} is gone`);
    if (bytes.length !== 4 || bytes.some((byte) => byte !== 7)) {
      throw new Error(`${name} has changed`);
    }
  }
  return Promise.resolve();
};

const nothing = () => Promise.resolve();
const sevens = () => new Uint8Array(4).fill(7);

test("explore() tries every disk that a crash may leave", async () => {
  const disks = new Set<string>();
  await explore(
    async (life: Life<string>) => {
      await create(life, "a", sevens(), { sync: false, syncDirectory: false });
    },
    ({ storage }) => {
      const bytes = storage.get("a");
      disks.add(bytes === undefined ? "none" : bytes.join());
      return Promise.resolve();
    },
    { ...quiet, crashes: 1 },
  );
  // Lost, kept, garbled; as long as written, or not; or killed half-way.
  const garbled = `7,7,${7 ^ 0xa5},${7 ^ 0xa5}`;
  const expected = ["none", "", "0,0,0,0", "7,7,7,7", garbled, "7,7"];
  assertEquals([...disks].sort(), expected.sort());
});

test("explore() knows a smaller choice of disks under ext4", async () => {
  const count = async (fileSystem: "posix" | "ext4") => {
    const { states } = await explore(
      async (life: Life<string>) => {
        for (const name of ["a", "b", "c"]) {
          await create(life, name, sevens(), { syncDirectory: false });
        }
      },
      hasAll,
      { ...quiet, fileSystem, crashes: 1 },
    );
    return states;
  };
  assert(await count("ext4") < await count("posix"));
});

test("explore() tears writes at the sectors of the device", async () => {
  const torn = async (sectorBytes: 512 | 4096) => {
    const sizes = new Set<number>();
    await explore(
      async (life: Life<string>) => {
        const bytes = new Uint8Array(1024).fill(7);
        await create(life, "a", bytes, { sync: false });
      },
      ({ storage }) => {
        const bytes = storage.get("a") ?? new Uint8Array();
        sizes.add(bytes.filter((byte) => byte === 7).length);
        return Promise.resolve();
      },
      { ...quiet, fileSystem: "ext4", sectorBytes, crashes: 1 },
    );
    return [...sizes].sort((a, b) => a - b);
  };
  assertEquals(await torn(512), [0, 256, 512, 768, 1024]);
  assertEquals(await torn(4096), [0, 512, 1024]);
});

const BUGS: Record<string, LifeBody<string>> = {
  "bytes that were not synced": async (life) => {
    await create(life, "a", sevens(), { sync: false });
    life.note("a");
  },
  "an entry that was not synced": async (life) => {
    await create(life, "a", sevens(), { syncDirectory: false });
    life.note("a");
  },
  "a note before its sync": async (life) => {
    await create(life, "a", sevens(), { sync: false });
    const file = await life.storage.open("b", "create");
    await file.write(sevens(), 0);
    life.note("b");
    await file.datasync();
    await life.storage.syncDirectory();
  },
  "a file that is removed": async (life) => {
    await create(life, "a", sevens());
    life.note("a");
    await life.storage.remove("a");
  },
};

for (const [bug, workload] of Object.entries(BUGS)) {
  test(`explore() finds ${bug}, and replays it`, async () => {
    const run = (replay?: string) =>
      explore(workload, hasAll, { ...quiet, replay });
    const found = await assertRejects(run, ExplorationError);
    assertStringIncludes(found.message, `replay: "${found.replay}"`);
    const again = await assertRejects(
      () => run(found.replay),
      ExplorationError,
    );
    assertEquals(again.replay, found.replay);
    assertEquals(again.storage.list(), found.storage.list());
    assertEquals(
      (again.cause as Error).message,
      (found.cause as Error).message,
    );
  });
}

test("explore() shows the smallest disk that fails", async () => {
  const workload: LifeBody<string> = async (life) => {
    life.note("a");
    await create(life, "big", new Uint8Array(2000));
    await life.storage.remove("big");
    await life.storage.syncDirectory();
  };
  const check: LifeBody<string> = ({ storage }) => {
    const isBare = storage.list().length === 0;
    return isBare ? Promise.resolve() : Promise.reject(new Error("not bare"));
  };
  const run = () => explore(workload, check, quiet);
  const { storage, message } = await assertRejects(run, ExplorationError);
  assertEquals(storage.get("big")?.length, 0);
  assertStringIncludes(message, "big, 0 bytes");
});

test("explore() crashes the check, too", async () => {
  // Recovery that moves a file loses it to a second crash.
  const workload: LifeBody<string> = async (life) => {
    await create(life, "a", sevens());
    life.note("a");
  };
  const check: LifeBody<string> = async (life) => {
    await hasAll(life);
    if (life.facts.length === 0) return;
    await life.storage.remove("a");
    await create(life, "a", sevens());
  };
  await explore(workload, check, { ...quiet, crashes: 1 });
  const run = (replay?: string) =>
    explore(workload, check, { ...quiet, samples: 30, replay });
  const { replay } = await assertRejects(run, ExplorationError);
  assertEquals(replay.split(" ").length, 3);
  await assertRejects(() => run(replay), ExplorationError, "a is gone");
});

test("explore() forgets what was noted at os when power is lost", async () => {
  const workload: LifeBody<string> = async (life) => {
    await create(life, "a", sevens(), { sync: false });
    life.note("a", "os");
  };
  await explore(workload, hasAll, { ...quiet, crashes: 1 });
  const forgetful: LifeBody<string> = async (life) => {
    life.note("a", "os");
    await life.storage.syncDirectory();
  };
  const run = () => explore(forgetful, hasAll, { ...quiet, crashes: 1 });
  const { replay } = await assertRejects(run, ExplorationError);
  assertStringIncludes(replay, ":kill");
});

test("explore() has each call fail once, and each write be short", async () => {
  const careless: LifeBody<string> = async (life) => {
    const { storage } = life;
    const file = await storage.open("a", "create");
    await file.write(sevens(), 0); // It may be short.
    await file.datasync();
    await storage.syncDirectory();
    life.note("a");
  };
  await explore(careless, hasAll, quiet);
  const run = (replay?: string) =>
    explore(careless, hasAll, { ...quiet, faults: true, replay });
  const { replay } = await assertRejects(run, ExplorationError);
  assertStringIncludes(replay, "fault=1:short");
  await assertRejects(() => run(replay), ExplorationError, "a has changed");
});

test("explore() never syncs what a failed sync gave up", async () => {
  const stubborn: LifeBody<string> = async (life) => {
    const file = await life.storage.open("a", "create");
    await writeAll(file, sevens(), 0);
    await life.storage.syncDirectory();
    try {
      await file.datasync();
    } catch {
      await file.datasync(); // It succeeds, and means nothing.
    }
    life.note("a");
  };
  await explore(stubborn, hasAll, quiet);
  const run = () => explore(stubborn, hasAll, { ...quiet, faults: true });
  const { replay } = await assertRejects(run, ExplorationError);
  assertStringIncludes(replay, "fault=3:EIO");
});

test("explore() samples beyond its bound, by its seed", async () => {
  const workload = (life: Life<string>) =>
    create(life, "a", new Uint8Array(8000).fill(7), { sync: false });
  const run = async (seed: number) => {
    const options = { ...quiet, seed, bound: 20, crashes: 1 };
    return await explore(workload, nothing, options);
  };
  const [one, same, other] = [await run(1), await run(1), await run(2)];
  assert(one.sampled > 0);
  assertEquals([same.states, same.digest], [one.states, one.digest]);
  assert(other.digest !== one.digest);
});

test("explore() prints how much it saw", async () => {
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  const workload = (life: Life<string>) => create(life, "a", sevens());
  const { states } = await explore(workload, hasAll, { print });
  assertEquals(lines.length, 1);
  assertStringIncludes(lines[0], `explored ${states} distinct crash states`);
});

test("explore() refuses a workload that fails by itself", async () => {
  const workload = () => Promise.reject(new Error("no reason"));
  const run = () => explore(workload, nothing, quiet);
  await assertRejects(run, Error, "fails without a crash: no reason");
});

test("explore() says so when a check hangs", async () => {
  const check = () => new Promise<void>(() => {});
  const run = () => explore(nothing, check, quiet);
  await assertRejects(run, ExplorationError, "hangs");
});

test("explore() refuses bad options and lines that are not replay lines", async () => {
  for (const name of ["seed", "bound", "crashes", "samples"]) {
    for (const value of [-1, 1.5, NaN, "5"]) {
      const options = { ...quiet, [name]: value };
      const run = () => explore(nothing, nothing, options);
      const error = typeof value === "number" ? RangeError : TypeError;
      await assertRejects(run, error, name);
    }
  }
  for (const replay of ["", "seed=x", "seed=1 5:fire", "seed=1 5:power:a"]) {
    const run = () => explore(nothing, nothing, { ...quiet, replay });
    await assertRejects(run, TypeError, "Cannot replay");
  }
  for (const replay of ["seed=1 99:kill", "seed=1 fault=7:EIO"]) {
    const run = () => explore(nothing, nothing, { ...quiet, replay });
    await assertRejects(run, RangeError, "the code has changed");
  }
});
