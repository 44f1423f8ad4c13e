import { Buffer } from "node:buffer";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import process from "node:process";
import type { Contender } from "../contender.ts";

/** The version of redis-server, if it is installed. */
export function redisVersion(): string | undefined {
  const { stdout } = spawnSync("redis-server", ["--version"], {
    encoding: "utf8",
  });
  return /v=(\S+)/.exec(stdout ?? "")?.[1];
}

/**
 * Redis on a Unix socket with the leanest possible client: the commands of a
 * turn go out in one write, and replies are only counted. Its own group commit
 * syncs what arrived together before it replies.
 */
export const redis: Contender = {
  name: "redis AOF always",
  how: "appendfsync always, RPUSH to one list, one pipelined connection",
  kinds: ["callers", "batches"],
  missing: () =>
    redisVersion() === undefined
      ? "redis-server is not installed (apt-get install redis-server)"
      : undefined,
  async open(directory) {
    const path = join(directory, "s");
    const server = spawn("redis-server", [
      ...["--port", "0", "--unixsocket", path, "--dir", directory],
      ...["--appendonly", "yes", "--appendfsync", "always", "--save", ""],
      ...["--auto-aof-rewrite-percentage", "0", "--logfile", "log"],
    ], { stdio: "ignore" });
    const ended = once(server, "exit");
    // However this process ends, nothing else would end the server.
    process.on("exit", () => server.kill("SIGKILL"));
    const client = new Pipeline(await connectSoon(path));
    return {
      append: (record) => client.push([record]),
      appendAll: (records) => client.push(records),
      async close() {
        client.end();
        server.kill();
        await ended;
      },
    };
  },
};

/** The socket's file exists a moment before Redis listens on it. */
async function connectSoon(path: string): Promise<Socket> {
  const giveUpAt = performance.now() + 15_000;
  while (true) {
    try {
      const socket = connect(path);
      await once(socket, "connect");
      return socket;
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

const LINE_FEED = 10;
const MINUS = 45;
const LINE_END = Buffer.from("\r\n");

/** The part of a client that RPUSH needs. */
class Pipeline {
  readonly #socket: Socket;
  #parts: Buffer[] = [];
  #acks: (() => void)[] = [];
  #next = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (data: Buffer) => this.#count(data));
  }

  push(records: readonly Buffer[]): Promise<void> {
    if (this.#parts.length === 0) setImmediate(() => this.#send());
    const words = records.length + 2;
    this.#parts.push(Buffer.from(`*${words}\r\n$5\r\nRPUSH\r\n$1\r\nl\r\n`));
    for (const record of records) {
      this.#parts.push(Buffer.from(`$${record.length}\r\n`), record, LINE_END);
    }
    return new Promise((resolve) => this.#acks.push(resolve));
  }

  end(): void {
    this.#socket.destroy();
  }

  #send(): void {
    const bytes = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#socket.write(bytes);
  }

  /** Every reply is an integer on its own line; a minus begins an error. */
  #count(data: Buffer): void {
    for (const byte of data) {
      if (byte === MINUS) throw new Error(`Redis says ${data}`);
      if (byte === LINE_FEED) this.#acks[this.#next++]();
    }
    if (this.#next > this.#acks.length / 2) {
      this.#acks = this.#acks.slice(this.#next);
      this.#next = 0;
    }
  }
}
