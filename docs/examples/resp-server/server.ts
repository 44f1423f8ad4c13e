import { Buffer } from "node:buffer";
import { createServer, type Server, type Socket } from "node:net";
import { QueueFullError, RecordTooLargeError } from "@syncline/wal";
import Parser from "redis-parser";
import { execute, failure } from "./commands.ts";
import type { Store } from "./store.ts";

/** A request that is longer is not waited for; a record holds no more. */
const MAX_REQUEST_BYTES = 64 * 1024 * 1024;

/**
 * A server of the Redis protocol. Like Redis with `appendfsync always`, it
 * reads all sockets on which something has arrived, executes it, syncs once,
 * and only then replies, with one write per socket. No reply shows a change
 * that is not on disk, not even one that another client made.
 *
 * `onFailure` is called when the log has failed; from then on there is no reply.
 */
export function serve(
  store: Store,
  onFailure: (cause: unknown) => void,
): Server {
  const turns = new Turns(store, onFailure);
  return createServer({ noDelay: true }, (socket) => {
    const connection = new Connection(socket, turns);
    socket.on("data", (data: Buffer) => connection.read(data));
    socket.on("drain", () => socket.resume());
    socket.on("error", () => socket.destroy());
  });
}

/** A client, and the replies of this turn to it. */
class Connection {
  readonly #socket: Socket;
  readonly #turns: Turns;
  /** It reads requests as it does replies. */
  readonly #parser: { execute(data: Buffer): void };
  #unparsedBytes = 0;
  #replies = "";
  #isRefused = false;

  constructor(socket: Socket, turns: Turns) {
    this.#socket = socket;
    this.#turns = turns;
    this.#parser = new Parser({
      returnBuffers: true,
      returnReply: (request: unknown) => this.#receive(request),
      returnError: () => this.#refuse(),
      returnFatalError: () => this.#refuse(),
    });
  }

  /** Executes the requests that end in `data`. */
  read(data: Buffer): void {
    if (this.#isRefused) return;
    this.#unparsedBytes += data.length;
    if (this.#unparsedBytes > MAX_REQUEST_BYTES) return this.#refuse();
    try {
      this.#parser.execute(data);
    } catch {
      this.#refuse(); // It throws if an array claims to be too long.
    }
  }

  /** Takes the replies so far; the result sends them. */
  take(): () => void {
    const replies = this.#replies;
    this.#replies = "";
    const isLast = this.#isRefused;
    return () => {
      // A client that does not read its replies is not read either.
      if (!this.#socket.write(replies, "latin1")) this.#socket.pause();
      if (isLast) this.#socket.end();
    };
  }

  #receive(request: unknown): void {
    if (this.#isRefused) return;
    this.#unparsedBytes = 0;
    if (isRequest(request)) this.#reply(this.#turns.execute(request));
    else this.#refuse();
  }

  /** Hangs up once the replies so far are sent. */
  #refuse(): void {
    if (this.#isRefused) return;
    this.#isRefused = true;
    this.#reply(failure("Protocol error"));
  }

  #reply(reply: string): void {
    if (this.#replies === "") this.#turns.join(this);
    this.#replies += reply;
  }
}

function isRequest(value: unknown): value is Buffer[] {
  return Array.isArray(value) && value.length > 0 &&
    value.every((word) => Buffer.isBuffer(word));
}

/** What is executed in one turn of the event loop shares a sync. */
class Turns {
  readonly #store: Store;
  readonly #onFailure: (cause: unknown) => void;
  #waiting: Connection[] = [];
  #lastReplied: Promise<void> = Promise.resolve();

  constructor(store: Store, onFailure: (cause: unknown) => void) {
    this.#store = store;
    this.#onFailure = onFailure;
  }

  /** The connection's replies are sent once this turn is on disk. */
  join(connection: Connection): void {
    if (this.#waiting.push(connection) === 1) setImmediate(() => this.#end());
  }

  execute(request: readonly Buffer[]): string {
    try {
      return execute(this.#store, request);
    } catch (error) {
      const isRefusal = error instanceof QueueFullError ||
        error instanceof RecordTooLargeError;
      if (!isRefusal) this.#onFailure(error);
      return failure((error as Error).message);
    }
  }

  #end(): void {
    const sends = this.#waiting.map((connection) => connection.take());
    this.#waiting = [];
    const settled = this.#store.settled();
    // One turn after the other, even if a later one has nothing to sync.
    this.#lastReplied = Promise.all([settled, this.#lastReplied]).then(() => {
      for (const send of sends) send();
    });
    this.#lastReplied.catch(this.#onFailure);
  }
}
