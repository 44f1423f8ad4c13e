import type { Cursor } from "../../reader/cursors/cursor.ts";
import { WalReader } from "../../reader/wal_reader.ts";
import type { Life, LifeBody } from "../../testing/mod.ts";
import { Wal } from "../../wal.ts";
import type { WalOptions } from "../../wal_options.ts";
import { TruncatedError } from "../../storage/frame_log.ts";
import { assert, assertEquals, assertRejects } from "./assert.ts";

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
  | { kind: "committing" | "committed"; lsn: number }
  /** The log begins to be cut back, or was cut back, to `lsn`. */
  | { kind: "cutting" | "cut"; lsn: number };

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
  /** Cuts off the last `count` records, as far as they are there. */
  | { do: "cut"; count: number }
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
  #lastSeen = 0;
  #snapshotLsn = 0;
  readonly #isReading: boolean;
  #wal!: Wal;
  /** What the consumer reads: the log itself, or as another process sees it. */
  #view!: Wal | WalReader;
  #cursor!: Cursor;

  private constructor(life: Life<ConsumerFact>, isReading: boolean) {
    this.#life = life;
    this.#known = [...life.facts];
    this.#isReading = isReading;
  }

  /**
   * Opens it, restores the state, and demands that every promise is kept. With
   * `isReading` the consumer has a `WalReader`.
   */
  static async open(
    life: Life<ConsumerFact>,
    isReading: boolean,
  ): Promise<ConsumerLog> {
    const log = new ConsumerLog(life, isReading);
    await log.#open();
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
      case "cut":
        return await this.#cut(step.count);
      case "reopen":
        return await this.#reopen();
    }
  }

  /** The consumer takes everything durable, and must miss nothing. */
  async drain(): Promise<void> {
    await this.#refresh();
    await this.#consume(this.#cursor.lag);
  }

  /** Closes the log. */
  async close(): Promise<void> {
    if (this.#view !== this.#wal) await this.#view.close();
    await this.#wal.close();
  }

  async #open(): Promise<void> {
    const { storage, clock } = this.#life;
    this.#wal = await Wal.open(storage, { ...OPTIONS, clock });
    this.#view = this.#isReading ? await WalReader.open(storage) : this.#wal;
    this.#cursor = await this.#view.cursor(CURSOR);
    this.state.length = 0;
    await this.#restore();
    this.#judgeState();
    await this.#judgeCursor();
  }

  async #refresh(): Promise<void> {
    if (this.#view instanceof WalReader) await this.#view.refresh();
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
    await this.#refresh();
    for (let nth = 0; nth < count; nth++) {
      if (this.#lastSeen >= this.#view.durableLsn) return;
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
    this.#snapshotLsn = made.lsn;
    assert(made.firstLsn <= this.#cursor.committedLsn + 1, "dropped too much");
  }

  async #reopen(): Promise<void> {
    await this.close();
    this.#acknowledge(this.state.length, "disk");
    await this.#open();
  }

  async #cut(count: number): Promise<void> {
    const { firstLsn } = this.#wal;
    // What leads up to an earlier record may be gone.
    const least = firstLsn > 1 ? this.#snapshotLsn : 0;
    const lsn = Math.max(least, this.state.length - count);
    this.#note({ kind: "cutting", lsn });
    await this.#wal.truncateAfter(lsn);
    this.#note({ kind: "cut", lsn });
    this.state.length = lsn;
    await this.#refresh();
    if (this.#lastSeen <= lsn) return;
    await assertRejects(() => this.#cursor.next(), TruncatedError);
    await this.#seek(lsn);
  }

  /** The consumer goes on after record `lsn`. */
  async #seek(lsn: number): Promise<void> {
    this.#note({ kind: "committing", lsn });
    await this.#cursor.seek(lsn + 1);
    this.#note({ kind: "committed", lsn });
    this.#lastSeen = lsn;
  }

  async #restore(): Promise<void> {
    const from = await this.#wal.restore(async (snapshot) => {
      const lines = (await snapshot.text()).split("\n").slice(0, -1);
      assertEquals(lines.length, snapshot.lsn, "a snapshot of other records");
      this.state.push(...lines);
      this.#snapshotLsn = snapshot.lsn;
    });
    assertEquals(from, this.state.length + 1);
    for await (const { lsn, data } of this.#wal.read({ from })) {
      assertEquals(lsn, this.state.length + 1, "a gap after the snapshot");
      this.state.push(new TextDecoder().decode(data));
    }
  }

  /** The state has what was acknowledged, and nothing that was never sent. */
  #judgeState(): void {
    /** What may be there, and what must be, by LSN. */
    const sent = new Map<string, number>();
    const known = new Map<number, string>();
    for (const fact of this.#known) {
      const { kind, lsn } = fact;
      if (kind === "sent") sent.set(fact.text, lsn);
      if (kind === "acked" || kind === "seen") known.set(lsn, fact.text);
      for (const at of known.keys()) {
        if (kind === "cutting" && at > lsn) known.delete(at);
      }
      for (const [text, at] of sent) {
        if (kind === "cut" && at > lsn) sent.delete(text);
      }
    }
    for (const [lsn, text] of known) {
      assertEquals(this.state[lsn - 1], text, `record ${lsn}`);
    }
    for (const [index, text] of this.state.entries()) {
      assertEquals(sent.get(text), index + 1, "was never sent, or cut off");
    }
  }

  /** The cursor is where a commit left it, and covers nothing unseen. */
  async #judgeCursor(): Promise<void> {
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
    await this.#judgeCuts(Math.max(0, since));
  }

  /** Cuts since the commit that counts are noticed, and no others. */
  async #judgeCuts(since: number): Promise<void> {
    const { committedLsn } = this.#cursor;
    const isIt = ({ kind, lsn }: ConsumerFact) =>
      /^committ/.test(kind) && lsn === committedLsn;
    const earliest = this.#known.slice(since).findIndex(isIt) + since;
    const latest = this.#known.findLastIndex(isIt);
    const cutTo = (kind: "cutting" | "cut", from: number) =>
      Math.min(
        Infinity,
        ...this.#known.slice(Math.max(0, from))
          .flatMap((fact) => fact.kind === kind ? fact.lsn : []),
      );
    const error = await this.#cursor.next({ signal: AbortSignal.abort() })
      .then(() => undefined, (error) => error);
    const isCut = error instanceof TruncatedError;
    if (cutTo("cut", latest) < committedLsn) assert(isCut, "missed a cut");
    const mayBeCut = cutTo("cutting", earliest) < committedLsn;
    if (isCut) assert(mayBeCut, "a cut that was none");
    if (isCut) await this.#seek(error.lastLsn);
  }

  #note(fact: ConsumerFact, level: "os" | "disk" = "disk"): void {
    this.#life.note(fact, level);
    this.#known.push(fact);
  }
}

/** A workload for `explore`. */
export function consumerWorkload(
  steps: readonly ConsumerStep[],
  isReading = false,
): LifeBody<ConsumerFact> {
  return async (life) => {
    const log = await ConsumerLog.open(life, isReading);
    for (const step of steps) await log.take(step);
    await log.close();
  };
}

/** A check for `explore`, which uses the log further: it may crash again. */
export function consumerCheck(isReading = false): LifeBody<ConsumerFact> {
  return async (life) => {
    const log = await ConsumerLog.open(life, isReading);
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
}
