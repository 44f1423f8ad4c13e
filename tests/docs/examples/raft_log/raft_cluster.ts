import { MemoryStorage, type StorageCall } from "@syncline/wal/storage";
import { RaftLog } from "../../../../docs/examples/raft-log/raft_log.ts";
import { SeededRandom } from "../../../../random.ts";
import { assert, assertEquals } from "../../../kit/assert.ts";
import { type Body, type Observer, RaftNode } from "./raft_node.ts";

interface Letter {
  readonly from: string;
  readonly to: string;
  readonly body: Body;
}

/** A machine: its disk, and the node on it while it runs. */
interface Machine {
  disk: MemoryStorage;
  node: RaftNode | undefined;
  /** Calls of the storage until power is lost. */
  callsLeft: number;
  /** Resolves when power is lost. */
  died: Promise<void>;
}

const IDS = ["a", "b", "c"];

/** Calls that change a disk. */
const CHANGES = /^(create|write|datasync|truncate|rename|remove|syncD)/;

/** Calls that cannot be made to wait. */
const AT_ONCE = /^(lock|list|open|create)$/;

/**
 * Three machines and a network that loses, repeats and reorders messages. Every
 * choice comes from a seed. It holds what Raft promises against a list of all
 * that was ever seen.
 */
export class RaftCluster {
  /** How often each thing happened. */
  readonly counts = { elections: 0, crashes: 0, installs: 0, conflicts: 0 };
  readonly #random: SeededRandom;
  readonly #machines = new Map<string, Machine>();
  readonly #letters: Letter[] = [];
  /** The leaders so far, by term. */
  readonly #leaders = new Map<number, string>();
  /** What was applied, by index less one. */
  readonly #applied: string[] = [];
  /** By index and term of an entry: the term of the one before. */
  readonly #entries = new Map<string, string>();
  #commands = 0;

  /** A cluster whose machines have not been started yet. */
  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    for (const id of IDS) {
      const disk = new MemoryStorage({ seed });
      const died = new Promise<void>(() => {});
      const machine = { disk, node: undefined, callsLeft: Infinity, died };
      this.#machines.set(id, machine);
    }
  }

  /** Number of commands that were applied by anyone. */
  get appliedCount(): number {
    return this.#applied.length;
  }

  /** Lets `count` things happen, one after the other. */
  async run(count: number): Promise<void> {
    for (let step = 0; step < count; step++) {
      await this.#step();
      this.#judgeLogs();
    }
  }

  /** Without faults, everything that was applied reaches all. */
  async heal(): Promise<void> {
    for (const id of IDS) {
      this.#bury(id);
      if (this.#machine(id).node === undefined) await this.#start(id, Infinity);
      else this.#machine(id).callsLeft = Infinity;
    }
    const isDone = () => {
      const states = IDS.map((id) => this.#machine(id).node!.state.length);
      return new Set(states).size === 1 && states[0] > this.#commands;
    };
    this.#commands = this.appliedCount;
    let wakes = 0;
    for (let step = 0; step < 2000 && !isDone(); step++) {
      const letter = this.#letters.shift();
      if (letter !== undefined) await this.#deliver(letter);
      else await this.#wake(wakes++);
    }
    assert(isDone(), "the cluster does not heal");
  }

  /** Ends all nodes. */
  async close(): Promise<void> {
    for (const { node } of this.#machines.values()) await node?.log.close();
  }

  /** Someone does something because nothing else happens. */
  async #wake(nth: number): Promise<void> {
    const leader = IDS.map((id) => this.#machine(id).node!)
      .find(({ role }) => role === "leader");
    if (leader !== undefined) await leader.propose("heal");
    else await this.#machine(IDS[nth % 3]).node!.campaign();
  }

  async #step(): Promise<void> {
    const { id, machine } = this.#draw();
    this.#bury(id);
    const { node } = machine;
    if (node === undefined) {
      if (this.#random.integer(0, 4) === 0) await this.#start(id);
      return;
    }
    const dice = this.#random.integer(0, 99);
    if (dice < 70 && this.#letters.length > 0) return await this.#mail();
    if (dice < 73) return await this.#act(id, () => node.campaign());
    if (dice < 88) return await this.#act(id, () => this.#propose(node));
    if (dice < 94) return await this.#act(id, () => node.beat());
    if (dice < 97) return await this.#act(id, () => node.compact());
    // Power is lost in the midst of one of the next steps.
    machine.callsLeft = this.#random.integer(1, 6);
  }

  #propose(node: RaftNode): Promise<void> {
    return node.propose(`command ${++this.#commands}`);
  }

  /** Delivers a letter, or loses it, or keeps a copy for later. */
  async #mail(): Promise<void> {
    const at = this.#random.integer(0, this.#letters.length - 1);
    const dice = this.#random.integer(0, 9);
    const letter = this.#letters[at];
    if (dice !== 0) this.#letters.splice(at, 1);
    if (dice !== 1) await this.#deliver(letter);
  }

  async #deliver({ from, to, body }: Letter): Promise<void> {
    const { node } = this.#machine(to);
    if (node === undefined) return;
    if (body.kind === "install") this.counts.installs++;
    const before = node.log.lastIndex;
    await this.#act(to, () => node.receive(from, body));
    if (node.log.lastIndex < before) this.counts.conflicts++;
  }

  /** Lets a node do something, unless it dies meanwhile. */
  async #act(id: string, act: () => Promise<unknown>): Promise<void> {
    const machine = this.#machine(id);
    await Promise.race([act(), machine.died]).catch((error) => {
      if (machine.callsLeft > 0) throw error;
    });
    this.#bury(id);
  }

  /** A node whose machine has lost power is gone. */
  #bury(id: string): void {
    const machine = this.#machine(id);
    if (machine.callsLeft > 0 || machine.node === undefined) return;
    machine.node = undefined;
    this.counts.crashes++;
  }

  /** Starts a node on what its disk holds; it may die before it is up. */
  async #start(id: string, calls?: number): Promise<void> {
    const machine = this.#machine(id);
    const dies = this.#random.integer(0, 9) === 0;
    machine.callsLeft = calls ?? (dies ? this.#random.integer(1, 6) : Infinity);
    let die = () => {};
    machine.died = new Promise((resolve) => die = resolve);
    const choose = (count: number) => this.#random.integer(0, count - 1);
    const disk: MemoryStorage = machine.disk.crash(choose, {
      onCall: (call) => {
        if (!this.#isLast(machine, call)) return;
        if (machine.disk === disk) {
          machine.disk = disk.crash(choose);
          die();
        }
        // A dead node never hears of it.
        return AT_ONCE.test(call.operation)
          ? { error: "EIO" }
          : { after: new Promise(() => {}) };
      },
    });
    machine.disk = disk;
    await this.#act(id, async () => {
      const log = await RaftLog.open(disk, { segmentBytes: 4096, warn() {} });
      const peers = IDS.filter((one) => one !== id);
      machine.node = await RaftNode.start(id, peers, log, this.#observe(id));
    });
  }

  /** Whether power is lost now, or was before. */
  #isLast(machine: Machine, { operation }: StorageCall): boolean {
    if (machine.callsLeft <= 0) return true;
    if (!CHANGES.test(operation)) return false;
    return --machine.callsLeft <= 0;
  }

  #observe(id: string): Observer {
    return {
      send: (to, body) => void this.#letters.push({ from: id, to, body }),
      elected: (node) => this.#elected(node),
      applied: (index, command) => {
        const known = this.#applied[index - 1];
        assertEquals(known ?? command, command, `entry ${index} at ${id}`);
        if (known === undefined) assertEquals(this.#applied.length, index - 1);
        this.#applied[index - 1] = command;
      },
    };
  }

  /** One leader per term, who has all that was ever committed. */
  #elected(node: RaftNode): void {
    this.counts.elections++;
    const { term } = node.log.hardState;
    const other = this.#leaders.get(term) ?? node.id;
    assertEquals(other, node.id, `two leaders in term ${term}`);
    this.#leaders.set(term, node.id);
    assert(
      node.log.lastIndex >= this.#applied.length,
      `the leader of term ${term} lacks entry ${this.#applied.length}`,
    );
  }

  /** The same index and term is the same entry, after the same entry. */
  #judgeLogs(): void {
    for (const { node } of this.#machines.values()) {
      if (node === undefined) continue;
      const { log } = node;
      for (let index = log.firstIndex; index <= log.lastIndex; index++) {
        const key = `${index} of term ${log.term(index)}`;
        const before = `${log.term(index - 1)}`;
        const known = this.#entries.get(key) ?? before;
        assertEquals(known, before, `before entry ${key} at ${node.id}`);
        this.#entries.set(key, before);
      }
    }
  }

  #draw(): { id: string; machine: Machine } {
    const id = IDS[this.#random.integer(0, IDS.length - 1)];
    return { id, machine: this.#machine(id) };
  }

  #machine(id: string): Machine {
    return this.#machines.get(id)!;
  }
}
