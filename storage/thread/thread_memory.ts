import type { FrameHeader } from "../format/frame.ts";
import { STAGE, type Stage } from "./frame_thread.ts";

/** Words of 32 bits; all are read and written atomically. */
const WORD = {
  /** Rises with every request; the thread sleeps on it. */
  bell: 0,
  stage: 1,
  timer: 2,
  stop: 3,
  /** Number of the memory that the frame is in. */
  slot: 4,
  /** Number of the target. */
  target: 5,
  hasFrame: 6,
  sync: 7,
  isHeld: 8,
  /** The system's id of the thread; 0 if unknown. */
  threadId: 9,
  /** The stage at which the task has failed. */
  failedAt: 10,
  /** Length of the text that says why. */
  textUnits: 11,
} as const;

/** Doubles, written before a word that says so. */
const DOUBLE = {
  salt: 0,
  previous: 1,
  firstLsn: 2,
  syncedLsn: 3,
  count: 4,
  length: 5,
  time: 6,
  kind: 7,
  flags: 8,
  offset: 9,
  zeros: 10,
  timerMs: 11,
  checksum: 12,
  writeMs: 13,
  syncMs: 14,
} as const;

const WORDS_BYTES = 64;
const DOUBLES_BYTES = 16 * 8;

/** Room for the reason of a failure, in units of UTF-16: two paths at least. */
const TEXT_UNITS = 16 * 1024;

const MEMORY_BYTES = WORDS_BYTES + DOUBLES_BYTES + 2 * TEXT_UNITS;

/** Steps during which a task must not be withdrawn: its effect is not known. */
const BUSY: readonly Stage[] = [STAGE.writing, STAGE.syncing];

/** Why a task has failed. */
export interface TaskFailure {
  readonly at: Stage;
  readonly message: string;
  readonly path: string;
  readonly code: string;
}

/** What a log and its thread share, besides the frames. */
export class ThreadMemory {
  /** The memory itself, to be posted to the thread. */
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #text: Uint16Array;

  /** Makes new memory, or shows what was received. */
  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(MEMORY_BYTES)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, WORDS_BYTES / 4);
    this.#doubles = new Float64Array(buffer, WORDS_BYTES, DOUBLES_BYTES / 8);
    this.#text = new Uint16Array(buffer, WORDS_BYTES + DOUBLES_BYTES);
  }

  /** How far the task has got. */
  get stage(): Stage {
    return Atomics.load(this.#words, WORD.stage) as Stage;
  }

  /** Reads a word. */
  word(name: keyof typeof WORD): number {
    return Atomics.load(this.#words, WORD[name]);
  }

  /** Writes a word. */
  setWord(name: keyof typeof WORD, value: number): void {
    Atomics.store(this.#words, WORD[name], value);
  }

  /** Reads a double. */
  double(name: keyof typeof DOUBLE): number {
    return this.#doubles[DOUBLE[name]];
  }

  /** Writes a double, to be read after a word says so. */
  setDouble(name: keyof typeof DOUBLE, value: number): void {
    this.#doubles[DOUBLE[name]] = value;
  }

  /** The header of the frame to write. */
  get header(): FrameHeader {
    const d = this.#doubles;
    return {
      salt: d[DOUBLE.salt],
      previous: d[DOUBLE.previous],
      firstLsn: d[DOUBLE.firstLsn],
      syncedLsn: d[DOUBLE.syncedLsn],
      count: d[DOUBLE.count],
      length: d[DOUBLE.length],
      time: d[DOUBLE.time],
      kind: d[DOUBLE.kind],
      flags: d[DOUBLE.flags],
    };
  }

  set header(header: FrameHeader) {
    const d = this.#doubles;
    d[DOUBLE.salt] = header.salt;
    d[DOUBLE.previous] = header.previous;
    d[DOUBLE.firstLsn] = header.firstLsn;
    d[DOUBLE.syncedLsn] = header.syncedLsn;
    d[DOUBLE.count] = header.count;
    d[DOUBLE.length] = header.length;
    d[DOUBLE.time] = header.time;
    d[DOUBLE.kind] = header.kind;
    d[DOUBLE.flags] = header.flags ?? 0;
  }

  /**
   * Why the task has failed, to be read once its stage says so. No message
   * tells it, because that could be overtaken by the thread's end, or by the
   * next task.
   */
  get failure(): TaskFailure {
    const units = this.#text.subarray(0, this.word("textUnits"));
    const text = Array.from(units, (unit) => String.fromCharCode(unit)).join(
      "",
    );
    const [code, path, ...message] = text.split("\0");
    const at = this.word("failedAt") as Stage;
    return { at, message: message.join("\0"), path, code };
  }

  set failure({ at, message, path, code }: TaskFailure) {
    const text = `${code}\0${path}\0${message}`.slice(0, TEXT_UNITS);
    for (let index = 0; index < text.length; index++) {
      this.#text[index] = text.charCodeAt(index);
    }
    this.setWord("textUnits", text.length);
    this.setWord("failedAt", at);
  }

  /** Makes a task, a timer or the end known to the thread. */
  ring(): void {
    Atomics.add(this.#words, WORD.bell, 1);
    Atomics.notify(this.#words, WORD.bell);
  }

  /** Sleeps until the bell is no longer `seen`, or `timeoutMs` have passed. */
  sleep(seen: number, timeoutMs: number): void {
    Atomics.wait(this.#words, WORD.bell, seen, timeoutMs);
  }

  /** Moves on to a stage; false if the task was withdrawn. */
  reach(stage: Stage): boolean {
    for (;;) {
      const before = this.stage;
      if (before === STAGE.withdrawn) return false;
      const found = Atomics.compareExchange(
        this.#words,
        WORD.stage,
        before,
        stage,
      );
      if (found === before) return true;
    }
  }

  /** Says that the task is done, or has failed, to whoever blocks. */
  finish(stage: Stage): boolean {
    const isReached = this.reach(stage);
    Atomics.notify(this.#words, WORD.stage);
    return isReached;
  }

  /** Blocks while the task is at `stage`, for up to `timeoutMs`. */
  awaitStage(stage: Stage, timeoutMs: number): void {
    Atomics.wait(this.#words, WORD.stage, stage, timeoutMs);
  }

  /**
   * Withdraws the task, so that the thread does nothing further of it; returns
   * what it did last, or `undefined` if it is in the middle of something.
   */
  withdraw(): Stage | undefined {
    for (;;) {
      const { stage } = this;
      if (BUSY.includes(stage)) return undefined;
      const found = Atomics.compareExchange(
        this.#words,
        WORD.stage,
        stage,
        STAGE.withdrawn,
      );
      if (found === stage) return stage;
    }
  }
}
