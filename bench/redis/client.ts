import { Buffer } from "node:buffer";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import Parser from "redis-parser";

/** A connection to a server of the Redis protocol. Requests may overlap. */
export class Client implements Disposable {
  readonly #socket: Socket;
  readonly #waiting: {
    resolve(reply: unknown): void;
    reject(e: Error): void;
  }[] = [];
  #isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const parser = new Parser({
      returnReply: (reply: unknown) => this.#waiting.shift()!.resolve(reply),
      returnError: (error: Error) => this.#waiting.shift()!.reject(error),
    });
    socket.on("data", (data: Buffer) => parser.execute(data));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.#isClosed = true;
      for (const { reject } of this.#waiting) reject(new Error("hung up"));
    });
  }

  /** Connects, as soon as the server listens. */
  static async connect(port: number): Promise<Client> {
    const giveUpAt = performance.now() + 15_000;
    while (true) {
      try {
        const socket = connect({ port, host: "127.0.0.1", noDelay: true });
        await once(socket, "connect");
        return new Client(socket);
      } catch (error) {
        if (performance.now() > giveUpAt) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  /** Resolves with the reply; rejects with an error, or if there is none. */
  ask(...words: string[]): Promise<unknown> {
    return this.#send([words])[0];
  }

  /** Sends the request several times at once. */
  repeat(times: number, ...words: string[]): Promise<unknown>[] {
    return this.#send(Array.from({ length: times }, () => words));
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #send(requests: readonly (readonly string[])[]): Promise<unknown>[] {
    const encode = (words: readonly string[]) =>
      `*${words.length}\r\n` +
      words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join(
        "",
      );
    if (this.#isClosed) {
      return requests.map(() => Promise.reject(new Error("hung up")));
    }
    this.#socket.write(requests.map(encode).join(""));
    return requests.map(() =>
      new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
    );
  }
}
