import { cluster, DAEMONS } from "../cluster.ts";
import { sizeOf } from "./chaos_log.ts";
import { type Actor, pause, type Round, until } from "./round.ts";

/** What can happen in a round. */
export interface Kind {
  readonly name: string;
  /** How often it happens, compared with others. */
  readonly weight: number;
  /** Whether its log is that of no other round: a replica. */
  readonly isAlone?: boolean;
  run(round: Round): Promise<void>;
}

/** Everything is killed at once: this takes long, so it has its turn. */
export const KILL_ALL: Kind = {
  name: "all daemons killed",
  weight: 0,
  run: (round) =>
    underLoad(round, async () => {
      const all = [...Object.values(DAEMONS).flat(), "mgr.x"];
      await Promise.all(all.map((name) => cluster("kill", name)));
      await pause(round.random.integer(0, 2000));
      await cluster("start");
    }),
};

/** All others. */
export const KINDS: readonly Kind[] = [
  killOne("OSD", 2),
  killOne("gateway", 3),
  killOne("monitor", 2),
  { name: "two owners", weight: 6, run: fight },
  { name: "paused writer", weight: 5, run: pauseOwner },
  { name: "killed writers", weight: 6, run: killWriters },
  { name: "faults on the way", weight: 5, run: meetFaults },
  { name: "followed and truncated", weight: 5, run: follow },
  { name: "primary lost", weight: 2, isAlone: true, run: losePrimary },
  { name: "two primaries", weight: 2, isAlone: true, run: splitPrimary },
];

function killOne(what: keyof typeof DAEMONS, weight: number): Kind {
  const run = (round: Round) =>
    underLoad(round, async () => {
      const victim = round.random.pick<string>(DAEMONS[what]);
      await cluster("kill", victim);
      await pause(round.random.integer(300, 2000));
      await cluster("revive", victim);
    });
  return { name: `${what} killed`, weight, run };
}

/** A writer goes on while something is killed and comes back. */
async function underLoad(
  round: Round,
  harm: () => Promise<void>,
): Promise<void> {
  const writer = round.writer();
  await writer.speaks();
  await pause(round.random.integer(0, 800));
  await harm();
  await writer.acks(50, 40_000);
  await writer.stop();
}

/** Each opens the log again as soon as the other has taken it. */
async function fight(round: Round): Promise<void> {
  const { random } = round;
  const proxy = random.integer(0, 1) === 0 ? await round.proxy(0.1) : undefined;
  const endpoint = proxy && { endpoint: proxy.endpoint };
  const writers = [round.writer(endpoint), round.writer()];
  const speak = writers.map((writer) => writer.speaks());
  for (const one of speak) one.catch(() => {}); // It may come too late.
  await Promise.race(speak);
  await pause(random.integer(1500, 3500));
  proxy?.calm();
  // One of them may always be too slow for its first ack, until it is alone.
  const [first, last] = random.pick([[0, 1], [1, 0]]);
  await writers[first].stop();
  await speak[last];
  await writers[last].stop();
}

/** It sleeps through a takeover, truncations and compactions. */
async function pauseOwner(round: Round): Promise<void> {
  const { random } = round;
  const sleeper = round.writer({ returns: false });
  await sleeper.speaks();
  await pause(random.integer(0, 700));
  sleeper.pause();
  const owner = round.writer({ truncateEvery: 60, callers: 12 });
  await owner.acks(random.integer(100, 400), 30_000);
  sleeper.resume();
  await isDisplaced(sleeper, "use: LogFailedError by FencedError");
  await owner.stop();
}

/** One after the other, each on another runtime, at whatever instant. */
async function killWriters(round: Round): Promise<void> {
  const { random } = round;
  for (let left = random.integer(3, 5); left > 0; left--) {
    const truncateEvery = random.pick([0, 80]);
    const writer = round.writer({ truncateEvery });
    if (random.integer(0, 2) === 0) await pause(random.integer(0, 900));
    else {
      await writer.speaks();
      await pause(random.integer(0, 500));
    }
    await writer[Symbol.asyncDispose]();
  }
}

/** Requests and answers are lost, late, and cut off. */
async function meetFaults(round: Round): Promise<void> {
  const { random } = round;
  const proxy = await round.proxy(random.pick([0.05, 0.2, 0.4]));
  const { endpoint } = proxy;
  const truncateEvery = random.pick([0, 100]);
  const writer = round.writer({ endpoint, truncateEvery });
  await writer.acks(1, 40_000);
  await pause(random.integer(1000, 3000));
  proxy.calm();
  await writer.acks(1, 40_000);
  await writer.stop();
}

/** Readers see everything in order, with a cursor across their deaths. */
async function follow(round: Round): Promise<void> {
  const { random } = round;
  const writer = round.writer({ truncateEvery: random.pick([0, 150]) });
  await writer.speaks();
  const plain = round.follower();
  const killed = round.follower({ cursor: "chaos" });
  await killed.speaks();
  await pause(random.integer(300, 1500));
  await killed[Symbol.asyncDispose]();
  const next = round.follower({ cursor: "chaos" });
  await pause(random.integer(300, 1500));
  await writer.stop();
  for (const follower of [plain, next]) {
    await round.caughtUp(follower, 30_000);
    await follower.stop();
  }
}

/** A primary and its disk are gone; its replica continues elsewhere, twice. */
async function losePrimary(round: Round): Promise<void> {
  let directory = round.directory();
  for (const takeOver of [false, true]) {
    const primary = round.primary({ directory, takeOver });
    await primary.speaks();
    await pause(round.random.integer(100, 1500));
    await primary[Symbol.asyncDispose]();
    directory = round.directory();
    await round.restore(directory);
  }
}

/** A primary sleeps while another one is made of its replica. */
async function splitPrimary(round: Round): Promise<void> {
  const { random } = round;
  const old = round.primary({ directory: round.directory(), takeOver: false });
  await old.speaks();
  await pause(random.integer(100, 1000));
  old.pause();
  const directory = round.directory();
  await round.restore(directory);
  const next = round.primary({ directory, takeOver: true });
  await next.speaks();
  old.resume();
  const way = "replicate: NotReplicatedError by FencedError";
  await isDisplaced(old, way);
  await pause(random.integer(100, 1000));
  await next.stop();
  await round.restore(round.directory());
}

/**
 * Throws unless a process that was displaced while it slept ends, in a certain
 * way. What was stored before may be acknowledged now; the check tells.
 */
async function isDisplaced(sleeper: Actor, way: string): Promise<void> {
  const goesOn = () => Object.keys(sleeper.notes.failures).length === 0;
  if (!await until(() => !goesOn(), 40_000)) {
    const acked = sizeOf(sleeper.notes.acked);
    throw new Error(`it goes on after the takeover, and acknowledged ${acked}`);
  }
  await sleeper.ended();
  const ways = Object.keys(sleeper.notes.failures).join();
  if (ways !== way) throw new Error(`it ended otherwise: ${ways}`);
}
