import type { Cursor } from "../../reader/cursors/cursor.ts";
import type { Life, LifeBody } from "../../testing/mod.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import { assert, assertEquals } from "./assert.ts";

/*
 * A program whose state is the list of all texts ever appended. It restores
 * that from snapshots and the log, and a consumer with a cursor reads the same
 * texts. Both note what they were promised.
 */

/** What the program was promised, as plain data. */
export type ConsumerFact =
  /** Record `lsn` may be this text. */
  | { kind: "sent"; lsn: number; text: string }
  /** Record `lsn` is this text from now on. */
  | { kind: "acked"; lsn: number; text: string }
  /** The consumer has received record `lsn`. */
  | { kind: "seen"; lsn: number; text: string }
  /** The consumer begins to commit, or has committed, up to `lsn`. */
  | { kind: "committing" | "committed"; lsn: number };

/** What the program does next. */
export type ConsumerStep =
  /** Appends a text padded to `bytes`, and waits for its level. */
  | { do: "append"; bytes: number; ack: "os" | "disk" }
  /** Makes all durable that was appended. */
  | { do: "flush" }
  /** The consumer takes up to `count` records. */
  | { do: "take"; count: number }
  /** The consumer commits what it has taken. */
  | { do: "commit" }
  /** Makes a checkpoint; with `lag`, of an earlier state, by that many records. */
  | { do: "checkpoint"; lag?: number; keep?: number }
  /** Closes the log and opens it again. */
  | { do: "reopen" };

const OPTIONS: WalOptions = {
  segmentBytes: 4096,
  reserveBytes: 512,
  synchronous: "normal",
  cursors: { hold: "all", limitBytes: 2 ** 40 },
  warn() {},
};

const CURSOR = "billing";

/** A log with its state and its consumer, in one life. */
export class ConsumerLog {
  /** The texts, by LSN less one. */
  readonly state: string[] = [];
  readonly #life: Life<ConsumerFact>;
  readonly #known: ConsumerFact[];
  #wal: Wal;
  #cursor: Cursor;

  private constructor(life: Life<ConsumerFact>, wal: Wal, cursor: Cursor) {
    this.#life = life;
    this.#known = [...life.facts];
    this.#wal = wal;
    this.#cursor = cursor;
  }

  /** Opens it, restores the state, and demands that every promise is kept. */
  static async open(life: Life<ConsumerFact>): Promise<ConsumerLog> {
    const { storage, clock } = life;
    const wal = await Wal.open(storage, { ...OPTIONS, clock });
    const cursor = await wal.cursor(CURSOR);
    const log = new ConsumerLog(life, wal, cursor);
    await log.#restore();
    log.#judgeState();
    log.#judgeCursor();
    return log;
  }

  /** Takes one step. */
  async take(step: ConsumerStep): Promise<void> {
    switch (step.do) {
      case "append":
        return await this.#append(step.bytes, step.ack);
      case "flush":
        await this.#wal.flush();
        return this.#acknowledge(this.state.length, "disk");
      case "take":
        return await this.#consume(step.count);
      case "commit":
        return await this.#commit();
      case "checkpoint":
        return await this.#checkpoint(step.lag, step.keep);
      case "reopen":
        return await this.#reopen();
    }
  }

  /** The consumer takes everything durable, and must miss nothing. */
  async drain(): Promise<void> {
    await this.#consume(this.#cursor.lag);
  }

  /** Closes the log. */
  async close(): Promise<void> {
    await this.#wal.close();
  }

  async #append(bytes: number, ack: "os" | "disk"): Promise<void> {
    const lsn = this.state.length + 1;
    const tries = this.#known.filter(({ kind }) => kind === "sent").length;
    const text = `${lsn}/${tries}/`.padEnd(bytes, "-");
    this.#note({ kind: "sent", lsn, text });
    const given = await this.#wal.append(text, { ack });
    assertEquals(given, lsn);
    this.state.push(text);
    this.#acknowledge(lsn, ack);
  }

  /** Everything up to `lsn` has reached `level`. */
  #acknowledge(lsn: number, level: "os" | "disk"): void {
    for (let at = level === "disk" ? 1 : lsn; at <= lsn; at++) {
      this.#note({ kind: "acked", lsn: at, text: this.state[at - 1] }, level);
    }
  }

  async #consume(count: number): Promise<void> {
    const most = Math.min(count, this.#wal.durableLsn);
    for (let nth = 0; nth < most; nth++) {
      if (this.#lastSeen === this.#wal.durableLsn) return;
      const record = await this.#cursor.next();
      assert(record !== undefined, "the consumer received nothing");
      const { lsn } = record;
      assertEquals(lsn, this.#lastSeen + 1, "the consumer missed a record");
      this.#lastSeen = lsn;
      const text = new TextDecoder().decode(record.data);
      assertEquals(text, this.state[lsn - 1], "the consumer read another");
      this.#note({ kind: "seen", lsn, text });
    }
  }

  #lastSeen = 0;

  async #commit(): Promise<void> {
    const lsn = this.#lastSeen;
    this.#note({ kind: "committing", lsn });
    await this.#cursor.commit();
    this.#note({ kind: "committed", lsn });
  }

  async #checkpoint(lag?: number, keep = 1): Promise<void> {
    const { firstLsn, lastLsn } = this.#wal;
    const lsn = lag === undefined
      ? undefined
      : Math.max(firstLsn - 1, lastLsn - lag);
    const write = (lsn: number) =>
      this.state.slice(0, lsn).map((text) => `${text}\n`);
    const made = await this.#wal.checkpoint(write, { lsn, keep });
    this.#acknowledge(this.state.length, "disk");
    assert(made.firstLsn <= this.#cursor.committedLsn + 1, "dropped too much");
  }

  async #reopen(): Promise<void> {
    await this.#wal.close();
    this.#acknowledge(this.state.length, "disk");
    const { storage, clock } = this.#life;
    this.#wal = await Wal.open(storage, { ...OPTIONS, clock });
    this.#cursor = await this.#wal.cursor(CURSOR);
    this.state.length = 0;
    await this.#restore();
    this.#judgeState();
    this.#judgeCursor();
  }

  async #restore(): Promise<void> {
    const from = await this.#wal.restore(async (snapshot) => {
      const lines = (await snapshot.text()).split("\n").slice(0, -1);
      assertEquals(lines.length, snapshot.lsn, "a snapshot of other records");
      this.state.push(...lines);
    });
    assertEquals(from, this.state.length + 1);
    for await (const { lsn, data } of this.#wal.read({ from })) {
      assertEquals(lsn, this.state.length + 1, "a gap after the snapshot");
      this.state.push(new TextDecoder().decode(data));
    }
  }

  /** The state has what was acknowledged, and nothing that was never sent. */
  #judgeState(): void {
    const sent = new Set<string>();
    for (const fact of this.#known) {
      if (fact.kind === "sent") sent.add(fact.text);
      if (fact.kind !== "acked" && fact.kind !== "seen") continue;
      const found = this.state[fact.lsn - 1];
      assertEquals(
        found,
        fact.text,
        `record ${fact.lsn}, which was ${fact.kind}`,
      );
    }
    for (const text of this.state) assert(sent.has(text), "was never sent");
  }

  /** The cursor is where a commit left it, and covers nothing unseen. */
  #judgeCursor(): void {
    const { committedLsn } = this.#cursor;
    const since = this.#known.findLastIndex(({ kind }) => kind === "committed");
    const commits = this.#known.slice(Math.max(0, since))
      .flatMap((fact) => /^committ/.test(fact.kind) ? fact.lsn : []);
    const may = since < 0 ? [0, ...commits] : commits;
    assert(
      may.includes(committedLsn),
      `the cursor is at ${committedLsn}, and not at one of ${may}`,
    );
    assert(this.#wal.firstLsn <= committedLsn + 1, "what it needs is dropped");
    const seen = this.#known.filter(({ kind }) => kind === "seen")
      .map(({ lsn }) => lsn);
    for (let lsn = 1; lsn <= committedLsn; lsn++) {
      assert(seen.includes(lsn), `record ${lsn} was committed, and never seen`);
    }
    this.#lastSeen = committedLsn;
  }

  #note(fact: ConsumerFact, level: "os" | "disk" = "disk"): void {
    this.#life.note(fact, level);
    this.#known.push(fact);
  }
}

/** A workload for `explore`. */
export function consumerWorkload(
  steps: readonly ConsumerStep[],
): LifeBody<ConsumerFact> {
  return async (life) => {
    const log = await ConsumerLog.open(life);
    for (const step of steps) await log.take(step);
    await log.close();
  };
}

/** A check for `explore`, which uses the log further: it may crash again. */
export const consumerCheck: LifeBody<ConsumerFact> = async (life) => {
  const log = await ConsumerLog.open(life);
  await log.drain();
  await log.take({ do: "append", bytes: 20, ack: "os" });
  await log.take({ do: "checkpoint" });
  await log.take({ do: "commit" });
  await log.take({ do: "checkpoint" });
  await log.drain();
  await log.take({ do: "append", bytes: 9, ack: "disk" });
  await log.take({ do: "commit" });
  await log.take({ do: "reopen" });
  await log.drain();
  await log.close();
};
