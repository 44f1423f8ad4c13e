import { MAX_FRAME_BYTES, RECORD_HEADER_BYTES } from "../storage/format/mod.ts";
import type { LogAccess } from "../log/log_appender.ts";
import { StorageFullError } from "../storage/storage_error.ts";
import type { AckLevel } from "../writer/acks.ts";
import type { WaitOptions } from "../writer/append_options.ts";
import { toFailure } from "./failure.ts";
import {
  type AnyPort,
  GROUP_FIELDS,
  type Groups,
  LEVELS,
  listen,
  type Port,
  type ReadRequest,
  type Reply,
  type Request,
} from "./protocol.ts";
import { type ReadableLog, SentRead } from "./sent_read.ts";

/** What ports ask a log for. */
interface AskedLog extends ReadableLog {
  flush(options: WaitOptions): Promise<number>;
  settled(
    lsn: number,
    level: AckLevel | undefined,
    options: WaitOptions,
  ): Promise<void>;
}

/** A log that has ports. */
export interface ServedLog extends Omit<LogAccess, "log" | "replica"> {
  /** Its public side. */
  readonly log: AskedLog;
}

/** The end of a port in the thread of the log: does what the other one asks. */
export class ServedPort {
  readonly #served: ServedLog;
  readonly #port: Port;
  readonly #closed: () => void;
  /** Number of the next group. */
  #group = 0;
  /** Groups that have reached their level in this turn, and their LSNs. */
  #acks: number[] = [];
  readonly #calls = new Map<number, AbortController>();
  readonly #reads = new Map<number, SentRead>();
  #isClosed = false;

  /** Serves `port` until it closes, and calls `closed` then. */
  constructor(served: ServedLog, port: AnyPort, closed: () => void) {
    this.#served = served;
    this.#closed = closed;
    this.#port = listen(
      port,
      (message) => this.#receive(message),
      () => this.#close(),
    );
  }

  /** The log is closed: so are its ports. */
  logClosed(): void {
    this.#post(["closed"]);
    this.#close();
  }

  #receive(message: unknown): void {
    if (this.#isClosed) return;
    try {
      this.#do(message as Request);
    } catch {
      // No WalPort sends such a message: to close is answer enough.
      this.#close();
    }
  }

  #do(request: Request): void {
    switch (request[0]) {
      case "append":
        return this.#append(request[1], request[2]);
      case "flush": {
        const { log } = this.#served;
        return this.#answer(request[1], (options) => log.flush(options));
      }
      case "settle": {
        const [, call, lsn, level] = request;
        return this.#answer(call, async (options) => {
          await this.#served.log.settled(lsn, LEVELS[level], options);
          return lsn;
        });
      }
      case "read":
        return this.#read(request[1], request[2]);
      case "credit":
        return this.#reads.get(request[1])?.credit(request[2]);
      case "abort":
        this.#calls.get(request[1])?.abort();
        return this.#reads.get(request[1])?.stop();
      default:
        throw malformed();
    }
  }

  #append(groups: Groups, block: Uint8Array): void {
    requireBlock(groups, block);
    let at = 0;
    for (let index = 0; index < groups.length; index += GROUP_FIELDS) {
      const end = at + groups[index + 1];
      this.#appendGroup(groups, index, block.subarray(at, end));
      at = end;
    }
  }

  #appendGroup(groups: Groups, index: number, bytes: Uint8Array): void {
    const group = this.#group++;
    const count = groups[index];
    const expect = groups[index + 4];
    const { writer, refuseIfClosed } = this.#served;
    const level = this.#levelOf(groups[index + 2]);
    let firstLsn = 0;
    const refused = (error: unknown) =>
      this.#refused(group, firstLsn, level, error);
    try {
      refuseIfClosed("append");
      const acked = writer.appendTogether({
        ...{ count, bytes: bytes.length, records: [], sizes: [], level },
        expect: expect === 0 ? undefined : expect,
        block: { bytes, isAtomic: groups[index + 3] === 1 },
      }, (last) => firstLsn = last - count + 1);
      acked.then((first) => this.#acked(group, first), refused);
    } catch (error) {
      refused(error);
    }
  }

  /** Tells what one flush acknowledges in one message. */
  #acked(group: number, firstLsn: number): void {
    if (this.#acks.length === 0) {
      queueMicrotask(() => {
        const acks = this.#acks;
        this.#acks = [];
        this.#post(["acked", acks]);
      });
    }
    this.#acks.push(group, firstLsn);
  }

  /**
   * Records that share no frame may have been written up to where there was no
   * space: those are answered once they have reached their level.
   */
  #refused(
    group: number,
    firstLsn: number,
    level: AckLevel,
    error: unknown,
  ): void {
    const { lsn = 0 } = error instanceof StorageFullError ? error : {};
    const kept = firstLsn === 0 ? 0 : Math.max(0, lsn - firstLsn);
    this.#post(["refused", group, toFailure(error), kept]);
    if (kept === 0) return;
    const settled = async () =>
      await this.#served.writer.settled(firstLsn + kept - 1, level);
    settled().then(
      () => this.#acked(group, firstLsn),
      (error) => this.#post(["refused", group, toFailure(error), 0]),
    );
  }

  #answer(
    call: number,
    act: (options: WaitOptions) => Promise<number>,
  ): void {
    const aborting = new AbortController();
    this.#calls.set(call, aborting);
    act({ signal: aborting.signal }).then(
      (value) => this.#post(["answer", call, value]),
      (error) => this.#post(["failed", call, toFailure(error)]),
    ).finally(() => this.#calls.delete(call));
  }

  #read(call: number, request: ReadRequest): void {
    const read = new SentRead(this.#served.log, request, {
      batch: (batch) => {
        this.#post(["batch", call, batch], [batch.bytes.buffer]);
      },
      end: () => this.#post(["end", call]),
      failed: (error) => this.#post(["failed", call, toFailure(error)]),
      ended: () => this.#reads.delete(call),
    });
    this.#reads.set(call, read);
    read.begin();
  }

  #levelOf(number: number): AckLevel {
    return LEVELS[number] ?? this.#served.ack();
  }

  #post(reply: Reply, transfer: ArrayBuffer[] = []): void {
    if (!this.#isClosed) this.#port.postMessage(reply, transfer);
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const call of this.#calls.values()) call.abort();
    for (const read of this.#reads.values()) read.stop();
    this.#port.close();
    this.#closed();
  }
}

/**
 * Throws unless a block is the records that its groups say: a frame of anything
 * else would be a damaged log.
 */
function requireBlock(groups: Groups, block: Uint8Array): void {
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  let at = 0;
  for (let index = 0; index < groups.length; index += GROUP_FIELDS) {
    const end = at + groups[index + 1];
    const count = groups[index];
    const from = at;
    for (let left = count; left > 0; left--) {
      if (at + RECORD_HEADER_BYTES > end) throw malformed();
      const size = RECORD_HEADER_BYTES + view.getUint32(at, true);
      if (size > MAX_FRAME_BYTES) throw malformed();
      at += size;
    }
    const isTooLarge = groups[index + 3] === 1 && at - from > MAX_FRAME_BYTES;
    if (at !== end || count < 1 || isTooLarge) throw malformed();
  }
  if (at !== block.length) throw malformed();
}

function malformed(): TypeError {
  return new TypeError(
    "Cannot read a message because it is not from a WalPort",
  );
}
