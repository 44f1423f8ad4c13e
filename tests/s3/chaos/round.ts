import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { SeededRandom } from "../../../random.ts";
import { Child } from "../../kit/process/child.ts";
import { type Runtime, runtimes } from "../../kit/process/runtimes.ts";
import { FaultProxy } from "../fault_proxy.ts";
import { GATEWAYS } from "../place.ts";
import { type ChaosLog, lastOf, sizeOf } from "./chaos_log.ts";
import { judge, type LogContent } from "./judge.ts";
import { type Notes, readNotes } from "./notes.ts";
import type {
  CheckerOrders,
  FollowerOrders,
  Orders,
  PrimaryOrders,
  RestorerOrders,
  WriterOrders,
} from "./orders.ts";

/** The programs of the chaos. */
export const PROGRAMS = [
  ...["writer", "checker", "follower", "primary", "restorer"] as const,
];

/** They, as modules for every runtime. */
export type Programs = Readonly<
  Record<typeof PROGRAMS[number], string>
>;

/** What a round is made with. */
export interface RoundOptions {
  readonly log: ChaosLog;
  readonly random: SeededRandom;
  readonly programs: Programs;
  /** Directory for notes. */
  readonly scratch: string;
  /** Returns a number that no process has. */
  nextProcess(): number;
}

/** A process of a round. */
export class Actor implements AsyncDisposable {
  readonly runtime: Runtime;
  /** How long it was paused, in ms. */
  pausedMs = 0;
  readonly #child: Child;
  readonly #notes: string;
  #pausedAt = 0;
  #isOver = false;

  /** Starts it. */
  constructor(runtime: Runtime, program: string, orders: Orders) {
    const command = [...runtime.command, program, JSON.stringify(orders)];
    this.runtime = runtime;
    this.#notes = orders.notes;
    this.#child = new Child(command, { timeoutMs: 240_000, mayStop: true });
    this.#child.ended.then(() => this.#isOver = true);
  }

  /** What it has noted until now. */
  get notes(): Notes {
    return readNotes(this.#notes);
  }

  /** Resolves once it says something; throws if it takes too long. */
  async speaks(limitMs = 60_000): Promise<void> {
    const isLate = await Promise.race([
      this.#child.nextLine().then(() => false),
      pause(limitMs).then(() => true),
    ]);
    if (!isLate) return;
    const { failures } = this.notes;
    throw new Error(
      `${this.runtime.name} did nothing in ${limitMs / 1000} s: ` +
        JSON.stringify(failures),
    );
  }

  /**
   * Resolves once it has acknowledged `count` more, or `limitMs` later; throws if
   * it has failed.
   */
  async acks(count: number, limitMs: number): Promise<void> {
    const goal = sizeOf(this.notes.acked) + count;
    const isThere = () => sizeOf(this.notes.acked) >= goal;
    await until(() => this.#isOver || isThere(), limitMs);
    if (this.#isOver) await this.ended();
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  pause(): void {
    this.#child.kill("SIGSTOP");
    this.#pausedAt = performance.now();
  }

  resume(): void {
    this.#child.kill("SIGCONT");
    this.pausedMs += performance.now() - this.#pausedAt;
  }

  /** Tells it to stop, and waits until it has. */
  async stop(): Promise<void> {
    this.#child.send("stop");
    await this.ended();
  }

  /** Waits until it ends; throws if it fails or hangs. */
  async ended(limitMs = 90_000): Promise<void> {
    const timer = setTimeout(() => this.kill(), limitMs);
    const { code, signal, errors } = await this.#child.ended;
    clearTimeout(timer);
    if (code === 0) return;
    const how = signal === "SIGKILL"
      ? `hung for ${limitMs / 1000} s`
      : `ended with ${signal ?? code}`;
    throw new Error(`${this.runtime.name} ${how}: ${errors}`);
  }

  /** Kills it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }
}

/** A round: its processes and proxies, and what its log must hold then. */
export class Round implements AsyncDisposable {
  readonly random: SeededRandom;
  readonly log: ChaosLog;
  readonly proxies: FaultProxy[] = [];
  readonly actors: Actor[] = [];
  readonly #options: RoundOptions;
  #runtime: Runtime | undefined;

  constructor(options: RoundOptions) {
    this.#options = options;
    this.random = options.random;
    this.log = options.log;
  }

  /** Starts a writer, on another runtime than the last process. */
  writer(orders: Partial<WriterOrders> = {}): Actor {
    return this.#start<WriterOrders>("writer", {
      seed: this.random.integer(0, 2 ** 31),
      callers: this.random.pick([1, 4, 12]),
      returns: true,
      truncateEvery: 0,
      ...orders,
    });
  }

  /** Starts a follower. */
  follower(orders: Partial<FollowerOrders> = {}): Actor {
    return this.#start<FollowerOrders>("follower", orders);
  }

  /** A directory that does not exist. */
  directory(): string {
    return join(this.#options.scratch, `${this.#options.nextProcess()}.log`);
  }

  /** Starts a primary. */
  primary(orders: Pick<PrimaryOrders, "directory" | "takeOver">): Actor {
    return this.#start<PrimaryOrders>("primary", {
      seed: this.random.integer(0, 2 ** 31),
      callers: this.random.pick([4, 12]),
      ...orders,
    });
  }

  /** Restores the replica; throws unless all is there that was confirmed. */
  async restore(directory: string): Promise<void> {
    const answer = join(this.#options.scratch, "answer.json");
    const orders = { answer, directory };
    const restorer = this.#start<RestorerOrders>("restorer", orders);
    await restorer.ended();
    const { wrong } = this.#judge(answer);
    if (wrong.length > 0) throw new Error(`restored: ${wrong.join(", ")}`);
  }

  /** A proxy that does harm to `share` of the requests. */
  async proxy(share: number): Promise<FaultProxy> {
    const proxy = await FaultProxy.listen({
      port: Number(new URL(this.random.pick(GATEWAYS)).port),
      seed: this.random.integer(0, 2 ** 31),
      share,
    });
    this.proxies.push(proxy);
    return proxy;
  }

  /** Reads the log back, and returns what is wrong, in words. */
  async check(): Promise<{ wrong: string[]; records: number }> {
    const answer = join(this.#options.scratch, "answer.json");
    const checker = this.#start<CheckerOrders>("checker", { answer });
    await checker.ended();
    return this.#judge(answer);
  }

  /** Compares what was read with all notes. */
  #judge(answer: string): { wrong: string[]; records: number } {
    const answers: LogContent[] = JSON.parse(readFileSync(answer, "utf8"));
    const history = this.log.history();
    const wrong = history.bugs.map((bug) => `bug: ${bug}`);
    for (const content of answers) {
      for (const [kind, found] of Object.entries(judge(content, history))) {
        if (found.length === 0) continue;
        const some = found.slice(0, 3).join("; ");
        wrong.push(`${kind}: ${found.length} (${some})`);
      }
    }
    if (new Set(answers.map((one) => JSON.stringify(one))).size > 1) {
      wrong.push("a reader and an owner see different logs");
    }
    return { wrong, records: sizeOf(answers[0].runs) };
  }

  /** Resolves once a follower has seen all that was acknowledged. */
  async caughtUp(follower: Actor, limitMs: number): Promise<void> {
    const last = lastOf(this.log.history().acked);
    const isThere = () => lastOf(follower.notes.seen) >= last;
    if (await until(isThere, limitMs)) return;
    const { seen, failures } = follower.notes;
    throw new Error(
      `${follower.runtime.name} has seen no record beyond ${lastOf(seen)} of ` +
        `${last}: ${JSON.stringify(failures)}`,
    );
  }

  /** Ends all of its processes and proxies. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const actor of this.actors) await actor[Symbol.asyncDispose]();
    for (const proxy of this.proxies) await proxy[Symbol.asyncDispose]();
  }

  #start<Given extends Orders>(
    program: keyof Programs,
    more: Partial<Given> & Omit<Given, keyof Orders>,
  ): Actor {
    const { programs, scratch, nextProcess } = this.#options;
    const others = runtimes.filter((one) => one !== this.#runtime);
    this.#runtime = this.random.pick(others);
    const process = nextProcess();
    const notes = join(scratch, `${process}.notes`);
    const orders: Orders = {
      ...{ process, notes, prefix: this.log.prefix },
      ...{ endpoint: this.random.pick(GATEWAYS), settings: this.log.settings },
      ...more,
    };
    const actor = new Actor(this.#runtime, programs[program], orders);
    this.actors.push(actor);
    this.log.notes.push(notes);
    return actor;
  }
}

/** Waits until something is so; returns whether it was in time. */
export async function until(
  isSo: () => boolean,
  limitMs: number,
): Promise<boolean> {
  const endsAt = performance.now() + limitMs;
  while (!isSo()) {
    if (performance.now() > endsAt) return false;
    await pause(50);
  }
  return true;
}

/** Resolves `ms` later. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
