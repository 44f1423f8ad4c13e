import { END, type Next } from "../reader/serial_generator.ts";
import { turnEnds } from "../storage/turns.ts";
import { orAborted } from "../writer/abort.ts";
import { LogClosedError } from "../writer/log_closed_error.ts";
import { toError } from "./failure.ts";
import { Outbox, type WindowBounds } from "./outbox.ts";
import { PortClosedError } from "./port_closed_error.ts";
import {
  type AnyPort,
  listen,
  type Port,
  type ReadRequest,
  type Reply,
  type Request,
  type SentBatch,
} from "./protocol.ts";
import type { ReaderHost } from "./remote_reader.ts";

/** A call that waits for its answer. */
interface Call {
  readonly action: string;
  readonly resolve: (value: number) => void;
  readonly reject: (error: unknown) => void;
}

/** A read that gets batches. */
interface OpenRead {
  receive(batch: SentBatch): void;
  finish(last: Next<never> | { readonly error: unknown }): void;
}

/**
 * What a port sends to the log and gets from it, whatever records are made of:
 * one message for all that is appended in a turn, and one answer for all that
 * reaches its level at once.
 */
export class PortLink {
  /** What is to be sent, or waits for its answer. */
  readonly outbox: Outbox;
  readonly #port: Port;
  readonly #calls = new Map<number, Call>();
  readonly #reads = new Map<number, OpenRead>();
  /** Reads that have a call waiting. */
  #waitingReads = 0;
  #lastCall = 0;
  #isTurnEnding = false;
  #keepsAlive = false;
  /** Why records were not appended that no call waited for. */
  #drop: Error | undefined;
  /** Why nothing is answered any more. */
  #end: ((action: string) => Error) | undefined;
  readonly #endTurn = (): void => {
    this.#isTurnEnding = false;
    if (this.#end === undefined) this.send();
  };

  /** Talks through `port`, which nothing else may use. */
  constructor(port: AnyPort, bounds: WindowBounds) {
    this.outbox = new Outbox(bounds);
    this.#port = listen(
      port,
      (message) => this.#receive(message as Reply),
      () => this.shut((action) => new PortClosedError(action, true)),
    );
  }

  /** Whether it is of no use any more. */
  get isShut(): boolean {
    return this.#end !== undefined;
  }

  /** Throws why nothing is answered any more, if so. */
  requireOpen(action: string): void {
    if (this.#end !== undefined) throw this.#end(action);
  }

  /** Throws, once, why records were refused that no call waited for. */
  report(): void {
    const drop = this.#drop;
    this.#drop = undefined;
    if (drop !== undefined) throw drop;
  }

  /** Asks the log, after all that was appended before. */
  call(
    action: string,
    makeRequest: (call: number) => Request,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    const call = ++this.#lastCall;
    const answered = new Promise<number>((resolve, reject) => {
      if (this.#end !== undefined) return reject(this.#end(action));
      this.#calls.set(call, { action, resolve, reject });
      this.send();
      this.#post(makeRequest(call));
      this.#keepAlive();
    });
    if (signal === undefined) return answered;
    return orAborted(answered, signal).catch((error) => {
      if (this.#calls.delete(call)) this.#post(["abort", call]);
      this.#keepAlive();
      throw error;
    });
  }

  /** What a read by batches does; `open` is the one that gets them. */
  host(
    request: ReadRequest,
    check: () => void,
    open: () => OpenRead,
  ): ReaderHost {
    const call = ++this.#lastCall;
    return {
      begin: () => {
        this.requireOpen(request.kind);
        check();
        this.send();
        this.#reads.set(call, open());
        this.#post(["read", call, request]);
      },
      credit: (bytes) => this.#post(["credit", call, bytes]),
      stop: () => {
        if (this.#reads.delete(call)) this.#post(["abort", call]);
      },
      waits: (isWaiting) => {
        this.#waitingReads += isWaiting ? 1 : -1;
        this.#keepAlive();
      },
    };
  }

  /** Sends what is appended, at the end of the turn at the latest. */
  sendSoon(): void {
    if (this.outbox.isFull) this.send();
    if (this.#isTurnEnding) return;
    this.#isTurnEnding = true;
    turnEnds.setImmediate(this.#endTurn);
  }

  /** Sends what is appended, now. */
  send(): void {
    const block = this.outbox.take();
    if (block === undefined) return;
    const { groups, bytes } = block;
    this.#port.postMessage(["append", groups, bytes], [bytes.buffer]);
    this.#keepAlive();
  }

  #post(request: Request): void {
    if (this.#end === undefined) this.#port.postMessage(request, []);
  }

  #receive(reply: Reply): void {
    // On Deno, to close a port delivers what it has received.
    if (this.#end !== undefined) return;
    switch (reply[0]) {
      case "acked":
        return this.#acked(reply[1]);
      case "refused":
        return this.#refused(reply[1], toError(reply[2]), reply[3]);
      case "answer":
        return this.#takeCall(reply[1])?.resolve(reply[2]);
      case "failed": {
        const error = toError(reply[2]);
        this.#reads.get(reply[1])?.finish({ error });
        return this.#takeCall(reply[1])?.reject(error);
      }
      case "batch":
        return this.#reads.get(reply[1])?.receive(reply[2]);
      case "end":
        return this.#reads.get(reply[1])?.finish(END);
      case "closed":
        return this.shut((action) => new LogClosedError(action));
    }
  }

  #acked(acks: readonly number[]): void {
    for (let index = 0; index < acks.length; index += 2) {
      this.outbox.settle(acks[index]).acked(acks[index + 1]);
    }
    this.#keepAlive();
  }

  #refused(number: number, error: Error, kept: number): void {
    const { outbox } = this;
    const group = kept > 0 ? outbox.group(number) : outbox.settle(number);
    if (!group.refused(error, kept)) this.#drop ??= error;
    this.#keepAlive();
  }

  #takeCall(number: number): Call | undefined {
    const call = this.#calls.get(number);
    this.#calls.delete(number);
    this.#keepAlive();
    return call;
  }

  /** Nothing is answered any more; `end` makes the reason. */
  shut(end: (action: string) => Error): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    for (const group of this.outbox.abandon()) {
      if (!group.refused(end("append"))) this.#drop ??= group.error;
    }
    for (const { action, reject } of this.#calls.values()) reject(end(action));
    this.#calls.clear();
    for (const reader of this.#reads.values()) {
      reader.finish({ error: end("read") });
    }
    this.#reads.clear();
    this.#keepAlive();
    this.#port.close();
  }

  /** Calls that wait keep the thread alive, and nothing else does. */
  #keepAlive(): void {
    const isNeeded = this.#end === undefined &&
      (!this.outbox.isEmpty || this.#calls.size > 0 || this.#waitingReads > 0);
    if (isNeeded === this.#keepsAlive) return;
    this.#keepsAlive = isNeeded;
    if (isNeeded) this.#port.ref?.();
    else this.#port.unref?.();
  }
}
