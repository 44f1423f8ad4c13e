/*
 * Goal: an owner that was stopped, displaced and woken acknowledges nothing
 * that the taker does not have, and nothing that it wrote late appears,
 * whatever the runtimes. Method: SIGSTOP at random instants, and by strace
 * right after chosen calls; a third process compares the log with all notes.
 */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { assert, assertEquals } from "../kit/assert.ts";
import { Child } from "../kit/process/child.ts";
import { Racer } from "../kit/process/racer.ts";
import { readNotes } from "../kit/process/read_notes.ts";
import { generator } from "../kit/process/record_content.ts";
import {
  bundleVictim,
  pairs,
  type Runtime,
  runtimes,
} from "../kit/process/runtimes.ts";
import { type Fault, traced, tracedTest } from "../kit/process/strace.ts";
import { verifyLogs } from "../kit/process/verify_logs.ts";
import type { BursterOrders } from "../kit/process/victims/burster.ts";
import type { TakerOrders } from "../kit/process/victims/taker.ts";
import type { VerifierOrders } from "../kit/process/victims/verifier.ts";
import { test } from "../kit/register.ts";
import { withTempDir } from "../kit/temp_dir.ts";

const SEED = 13;
const FENCED = 5;

/** How often the taker appends, twice. */
const APPENDS = 20;

/** What must be there after a takeover. */
interface Taken extends VerifierOrders {
  /** LSN of the last record that the taker found. */
  readonly taken: number;
}

/** The victims that all of these tests need. */
interface Victims {
  burster: string;
  taker: string;
  verifier: string;
}

async function bundleAll(scratch: string): Promise<Victims> {
  return {
    burster: await bundleVictim("burster", scratch),
    taker: await bundleVictim("taker", scratch),
    verifier: await bundleVictim("verifier", scratch),
  };
}

test("Wal acks nothing after a takeover when it was stopped", () =>
  withTempDir(async (scratch) => {
    const victims = await bundleAll(scratch);
    const seed = Math.floor(Math.random() * 2 ** 31);
    const next = generator(seed);
    const all: Taken[] = [];
    for (const [zombie, taker] of pairs) {
      const io = next() % 2 === 0 ? "blocking" : "threaded";
      const orders = ordersIn(`${scratch}/${zombie.name}-${taker.name}`);
      await using child = start(zombie, victims, { ...orders, io });
      await child.nextLine();
      await delay(next() % 40);
      child.kill("SIGSTOP");
      const name = `seed ${seed}`;
      all.push(await takeFrom(child, taker, victims, orders, name));
    }
    for (const runtime of runtimes) {
      await verify(runtime, victims, all.splice(0, 3));
    }
  }));

/** Where an owner is stopped: right after the call. */
const STOPS: Fault[] = [
  ...[4, 7].map((k) => ({
    calls: "fdatasync",
    what: `signal=SIGSTOP:when=${k}`,
  })),
  // Of a new segment: it has no name yet.
  { calls: "fdatasync", what: "signal=SIGSTOP:when=3" },
  // It has its name, and the directory is not synced.
  { calls: "link,linkat", what: "signal=SIGSTOP:when=2" },
  { calls: "link,linkat", what: "signal=SIGSTOP:when=4" },
  { calls: "fsync", what: "signal=SIGSTOP:when=5" },
  // Of the manifest: it is about to be renamed, or has its name.
  { calls: "fdatasync", what: "signal=SIGSTOP:when=1" },
  { calls: "rename", what: "signal=SIGSTOP:when=1" },
  // Of the lock: it is linked, and then its temporary is gone.
  { calls: "link,linkat", what: "signal=SIGSTOP:when=1" },
  { calls: "unlink", what: "signal=SIGSTOP:when=1" },
];

for (const [index, zombie] of runtimes.entries()) {
  const taker = runtimes[(index + 1) % runtimes.length];
  tracedTest(
    `Wal acks nothing after a takeover that follows any call on ${zombie.name}`,
    async () => {
      await withTempDir(async (scratch) => {
        const victims = await bundleAll(scratch);
        const all: Taken[] = [];
        for (const stop of STOPS) {
          const name = `${stop.calls} ${stop.what.slice(-6)}`;
          const orders = ordersIn(`${scratch}/${name}`);
          await using child = start(zombie, victims, orders, stop);
          await stopped(child, traceOf(orders));
          all.push(await takeFrom(child, taker, victims, orders, name));
        }
        await verify(zombie, victims, all);
      });
    },
  );
}

tracedTest(
  "Wal.open() learns who the owner is when its temporary was removed",
  async () => {
    await withTempDir(async (scratch) => {
      const victim = await bundleVictim("racer", scratch);
      await Promise.all(
        runtimes.map((runtime) => raceLate(runtime, victim, scratch)),
      );
    });
  },
);

/**
 * One has to wait before it links its lock file; while it waits, another opens.
 */
async function raceLate(
  runtime: Runtime,
  victim: string,
  scratch: string,
): Promise<void> {
  const directory = `${scratch}/${runtime.name}`;
  const command = traced(runtime.command, `${directory}.trace`, {
    calls: "link,linkat",
    what: "delay_enter=1500000:when=1",
  });
  await using late = new Racer({ ...runtime, command }, victim);
  await using early = new Racer(runtime, victim);
  await Promise.all([late.ready(), early.ready()]);
  const order = { act: "open", directory, at: 0 } as const;
  const refused = late.do(order);
  for (let tries = 0; !hasTemporary(directory); tries++) {
    assert(tries < 2000, `${runtime.name} makes no lock file`);
    await delay(1);
  }
  assertEquals(await early.do(order), { state: "open" });
  assert(!hasTemporary(directory));
  const answer = await refused;
  assert(answer.state === "locked", JSON.stringify(answer));
  assertEquals(answer.pid, early.pid);
}

function hasTemporary(directory: string): boolean {
  try {
    const names = [...Deno.readDirSync(directory)].map(({ name }) => name);
    return names.some((name) => /lock\.\d+\.tmp$/.test(name));
  } catch {
    return false;
  }
}

/** Lets `taker` take the log, wakes the owner, and sees it fenced. */
async function takeFrom(
  zombie: Child,
  taker: Runtime,
  { taker: module }: Victims,
  { directory, notes, seed }: BursterOrders,
  name: string,
): Promise<Taken> {
  const file = `${notes}-taker`;
  const mine = { round: 2, file };
  const theirs = { round: 1, file: notes };
  const orders: TakerOrders = { directory, seed, notes: [theirs], file };
  await using child = new Child([
    ...taker.command,
    module,
    JSON.stringify(orders),
  ]);
  const taken = Number(await child.nextLine());
  const before = readNotes(notes).acked.length;
  zombie.kill("SIGCONT");
  const { code, errors } = await zombie.ended;
  assertEquals(code, FENCED, `${name}: ${errors}`);
  child.endInput();
  const ending = await child.ended;
  assertEquals(ending.code, 0, `${name}: ${ending.errors}`);
  // What was acknowledged but not yet noted when it was stopped: one flush.
  const late = readNotes(notes).acked.slice(before);
  assert(late.every((lsn) => lsn <= taken), `${name}: ${late} of ${taken}`);
  return { directory, seed, notes: [theirs, mine], taken };
}

/** A third process compares the logs with what both owners noted. */
async function verify(
  runtime: Runtime,
  { verifier }: Victims,
  all: readonly Taken[],
): Promise<void> {
  const found = await verifyLogs(runtime, verifier, all);
  const expected = all.map(({ taken }) => taken + 2 * APPENDS);
  assertEquals(found.map(({ last }) => last), expected);
}

function ordersIn(scratch: string): BursterOrders {
  mkdirSync(scratch);
  return {
    directory: `${scratch}/log`,
    notes: `${scratch}/notes`,
    seed: SEED,
    io: "blocking",
  };
}

function traceOf({ notes }: BursterOrders): string {
  return `${notes}.trace`;
}

function start(
  { command }: Runtime,
  { burster }: Victims,
  orders: BursterOrders,
  stop?: Fault,
): Child {
  const plain = [...command, burster, JSON.stringify(orders)];
  return new Child(stop ? traced(plain, traceOf(orders), stop) : plain, {
    mayStop: true,
  });
}

/**
 * Resolves once strace has seen the main thread stop. The state that the system
 * shows is not enough: strace halts a thread at each of its calls.
 */
async function stopped(child: Child, trace: string): Promise<void> {
  const line = new RegExp(`^${child.pid} .*--- stopped by SIGSTOP ---$`, "m");
  let hasEnded = false;
  child.ended.then(() => hasEnded = true);
  while (!hasEnded) {
    if (existsSync(trace) && line.test(readFileSync(trace, "utf8"))) return;
    await delay(4);
  }
  throw new Error("It ended and was not stopped");
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
