import type { Buffer } from "node:buffer";
import { createServer, type Server, type Socket } from "node:net";
import { QueueFullError } from "../../mod.ts";
import { loadPackage } from "../packages.ts";
import { execute } from "./commands.ts";
import type { Store } from "./store.ts";

/** The part of redis-parser used here; it reads requests as it does replies. */
interface Parser {
  execute(data: Buffer): void;
}

interface ParserOptions {
  readonly returnBuffers: boolean;
  readonly returnReply: (request: unknown) => void;
  readonly returnError: (error: Error) => void;
  readonly returnFatalError: (error: Error) => void;
}

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
  const Parser = loadPackage<new (options: ParserOptions) => Parser>(
    "redis-parser",
  );
  const turns = new Turns(store, onFailure);
  return createServer({ noDelay: true }, (socket) => {
    const connection = new Connection(socket, turns);
    const hangUp = () => void socket.destroy();
    const parser = new Parser({
      returnBuffers: true,
      returnReply: (request) => connection.receive(request as Buffer[]),
      returnError: hangUp,
      returnFatalError: hangUp,
    });
    socket.on("data", (data: Buffer) => parser.execute(data));
    socket.on("drain", () => socket.resume());
    socket.on("error", hangUp);
  });
}

/** A client, and the replies of this turn to it. */
class Connection {
  readonly #socket: Socket;
  readonly #turns: Turns;
  #replies = "";

  constructor(socket: Socket, turns: Turns) {
    this.#socket = socket;
    this.#turns = turns;
  }

  receive(request: readonly Buffer[]): void {
    if (!Array.isArray(request) || request.length === 0) {
      this.#socket.destroy();
      return;
    }
    if (this.#replies === "") this.#turns.join(this);
    this.#replies += this.#turns.execute(request);
  }

  /** Takes the replies so far; the result sends them. */
  take(): () => void {
    const replies = this.#replies;
    this.#replies = "";
    return () => {
      // A client that does not read its replies is not read either.
      if (!this.#socket.write(replies, "latin1")) this.#socket.pause();
    };
  }
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
      if (!(error instanceof QueueFullError)) this.#onFailure(error);
      return "-ERR the queue of the log is full\r\n";
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
