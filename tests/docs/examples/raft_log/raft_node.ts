import type {
  Entry,
  EntryId,
  RaftLog,
} from "../../../../docs/examples/raft-log/raft_log.ts";

/*
 * The smallest Raft that drives a log through everything that it can do:
 * elections, replication with conflicts, compaction, installed snapshots. It
 * has no timers: the test says when an election or a heartbeat begins. It sends
 * what it promises only after the log has kept it.
 */

/** A message, without its sender and receiver. */
export type Body =
  | { kind: "vote?"; term: number; last: EntryId }
  | { kind: "vote"; term: number; isGranted: boolean }
  | {
    kind: "append";
    term: number;
    previous: EntryId;
    entries: readonly Entry[];
    commit: number;
  }
  | { kind: "install"; term: number; id: EntryId; data: Uint8Array }
  /** The follower has what the leader has, up to `match`; or not, at `next`. */
  | { kind: "appended"; term: number; match: number }
  | { kind: "rejected"; term: number; next: number };

/** What the world sees of a node. */
export interface Observer {
  send(to: string, body: Body): void;
  /** The node is the leader of its term. */
  elected(node: RaftNode): void;
  /** The node has applied an entry. */
  applied(index: number, command: string): void;
}

const MOST_ENTRIES = 3;

/** A node that runs until its storage stops answering. */
export class RaftNode {
  role: "follower" | "candidate" | "leader" = "follower";
  /** What the state machine has applied: all commands. */
  state: string[] = [];
  readonly id: string;
  readonly log: RaftLog;
  readonly #peers: readonly string[];
  readonly #observer: Observer;
  #commit = 0;
  #votes = new Set<string>();
  #next = new Map<string, number>();
  #match = new Map<string, number>();

  private constructor(
    id: string,
    peers: readonly string[],
    log: RaftLog,
    observer: Observer,
  ) {
    this.id = id;
    this.#peers = peers;
    this.log = log;
    this.#observer = observer;
  }

  /** Starts a node: its state is that of the snapshot. */
  static async start(
    id: string,
    peers: readonly string[],
    log: RaftLog,
    observer: Observer,
  ): Promise<RaftNode> {
    const node = new RaftNode(id, peers, log, observer);
    await node.#restore();
    return node;
  }

  /** Number of entries applied. */
  get appliedIndex(): number {
    return this.state.length;
  }

  /** Stands for election. */
  async campaign(): Promise<void> {
    const term = this.log.hardState.term + 1;
    this.role = "candidate";
    this.#votes = new Set([this.id]);
    await this.log.saveHardState({ term, vote: this.id });
    const index = this.log.lastIndex;
    const last = { index, term: this.log.term(index)! };
    for (const to of this.#peers) {
      this.#observer.send(to, { kind: "vote?", term, last });
    }
  }

  /** As the leader, appends a command and replicates it. */
  async propose(command: string): Promise<void> {
    if (this.role !== "leader") return;
    const { term } = this.log.hardState;
    const data = new TextEncoder().encode(command);
    await this.log.append([{ index: this.log.lastIndex + 1, term, data }]);
    this.#match.set(this.id, this.log.lastIndex);
    await this.beat();
  }

  /** As the leader, sends each follower what it lacks. */
  async beat(): Promise<void> {
    if (this.role !== "leader") return;
    for (const to of this.#peers) await this.#replicate(to);
  }

  /** Makes a snapshot of what is applied. */
  async compact(): Promise<void> {
    const index = this.appliedIndex;
    if (index < this.log.firstIndex) return;
    await this.log.compact(index, [encodeState(this.state)]);
  }

  /** Handles a message. */
  async receive(from: string, body: Body): Promise<void> {
    const { term } = body;
    const mine = this.log.hardState.term;
    if (term > mine) this.role = "follower";
    const isAppend = body.kind === "append";
    // An append makes a new term durable together with its entries.
    if (term > mine && !isAppend && body.kind !== "vote?") {
      await this.log.saveHardState({ term, vote: null });
    }
    if (body.kind === "vote?") return await this.#vote(from, body);
    if (isAppend) return await this.#append(from, body);
    if (term < mine) return;
    if (body.kind === "install") return await this.#install(from, body);
    if (body.kind === "vote") return await this.#count(from, body);
    await this.#learn(from, body);
  }

  async #vote(
    from: string,
    { term, last }: Body & { kind: "vote?" },
  ): Promise<void> {
    const { log } = this;
    const now = log.hardState;
    const vote = term > now.term ? null : now.vote;
    const own = log.term(log.lastIndex)!;
    const isCurrent = last.term > own ||
      last.term === own && last.index >= log.lastIndex;
    const isGranted = term >= now.term && isCurrent &&
      (vote === null || vote === from);
    const answer = Math.max(term, now.term);
    if (isGranted) await log.saveHardState({ term, vote: from });
    else if (term > now.term) await log.saveHardState({ term, vote: null });
    this.#observer.send(from, { kind: "vote", term: answer, isGranted });
  }

  async #count(
    from: string,
    { term, isGranted }: Body & { kind: "vote" },
  ): Promise<void> {
    if (this.role !== "candidate" || term !== this.log.hardState.term) return;
    if (isGranted) this.#votes.add(from);
    if (2 * this.#votes.size <= this.#peers.length + 1) return;
    this.role = "leader";
    this.#observer.elected(this);
    const { lastIndex } = this.log;
    this.#next = new Map(this.#peers.map((id) => [id, lastIndex + 1]));
    this.#match = new Map();
    // Only an entry of its own term lets it commit those before.
    await this.propose(`begins ${term}`);
  }

  async #replicate(to: string): Promise<void> {
    const { log } = this;
    const { term } = log.hardState;
    const next = this.#next.get(to)!;
    const previousTerm = log.term(next - 1);
    if (previousTerm === undefined) {
      await log.readSnapshot(async (id, data) => {
        const pieces: Uint8Array[] = [];
        for await (const piece of data) pieces.push(piece.slice());
        const whole = new Uint8Array(
          await new Blob(pieces as BlobPart[]).arrayBuffer(),
        );
        this.#observer.send(to, { kind: "install", term, id, data: whole });
      });
      return;
    }
    const last = Math.min(log.lastIndex, next + MOST_ENTRIES - 1);
    const entries = await log.entries(next, last);
    const previous = { index: next - 1, term: previousTerm };
    const commit = this.#commit;
    this.#observer.send(to, {
      kind: "append",
      term,
      previous,
      entries,
      commit,
    });
  }

  async #append(
    from: string,
    { term, previous, entries, commit }: Body & { kind: "append" },
  ): Promise<void> {
    const { log } = this;
    const now = log.hardState;
    if (term < now.term) {
      const { term } = now;
      this.#observer.send(from, { kind: "rejected", term, next: 0 });
      return;
    }
    this.role = "follower";
    const state = term > now.term ? { term, vote: null } : undefined;
    const isCovered = previous.index < log.snapshot.index;
    if (!isCovered && log.term(previous.index) !== previous.term) {
      if (state !== undefined) await log.saveHardState(state);
      const next = Math.min(log.lastIndex + 1, previous.index);
      this.#observer.send(from, { kind: "rejected", term, next });
      return;
    }
    await log.append(entries, state);
    const match = previous.index + entries.length;
    await this.#apply(Math.min(commit, match));
    this.#observer.send(from, { kind: "appended", term, match });
  }

  async #install(
    from: string,
    { term, id, data }: Body & { kind: "install" },
  ): Promise<void> {
    this.role = "follower";
    await this.log.install(id, [data]);
    if (id.index > this.appliedIndex) await this.#restore();
    this.#observer.send(from, { kind: "appended", term, match: id.index });
  }

  /** As the leader, learns what a follower has. */
  async #learn(
    from: string,
    body: Body & { kind: "appended" | "rejected" },
  ): Promise<void> {
    const { log } = this;
    if (this.role !== "leader" || body.term !== log.hardState.term) return;
    if (body.kind === "rejected") {
      this.#next.set(from, Math.max(1, body.next));
      return await this.#replicate(from);
    }
    const match = Math.max(body.match, this.#match.get(from) ?? 0);
    this.#match.set(from, match);
    this.#next.set(from, match + 1);
    const matches = [this.id, ...this.#peers]
      .map((id) => this.#match.get(id) ?? 0).sort((a, b) => b - a);
    const most = matches[matches.length >> 1];
    if (log.term(most) === log.hardState.term) await this.#apply(most);
    if (match < log.lastIndex) await this.#replicate(from);
  }

  /** Applies what is committed. */
  async #apply(commit: number): Promise<void> {
    this.#commit = Math.max(this.#commit, commit);
    const from = this.appliedIndex + 1;
    if (from > this.#commit) return;
    for (const { index, data } of await this.log.entries(from, this.#commit)) {
      const command = new TextDecoder().decode(data);
      this.state.push(command);
      this.#observer.applied(index, command);
    }
  }

  async #restore(): Promise<void> {
    await this.log.readSnapshot(async (_, data) => {
      let text = "";
      const decoder = new TextDecoder();
      for await (const piece of data) {
        text += decoder.decode(piece, { stream: true });
      }
      this.state = JSON.parse(text);
    });
    this.#commit = this.appliedIndex;
  }
}

function encodeState(state: readonly string[]): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(state));
}
