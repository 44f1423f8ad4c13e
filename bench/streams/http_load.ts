import { Buffer } from "node:buffer";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { CONTENT_TYPE } from "./subjects.ts";

/** What one connection says, and what it hears: one answer at a time. */
class Connection {
  readonly #socket: Socket;
  #heard: Buffer = Buffer.alloc(0);
  #answered: (status: number) => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (data: Buffer) => this.#hear(data));
  }

  static async open(port: number): Promise<Connection> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    return new Connection(socket);
  }

  /** Sends a request; resolves with the status of the answer. */
  ask(request: Buffer): Promise<number> {
    this.#socket.write(request);
    return new Promise((resolve) => this.#answered = resolve);
  }

  close(): void {
    this.#socket.destroy();
  }

  /** These answers have no body, or it is sent in chunks. */
  #hear(data: Buffer): void {
    const whole = this.#heard.length === 0
      ? data
      : Buffer.concat([this.#heard, data]);
    const text = whole.toString("latin1");
    const isChunked = /\r\ntransfer-encoding: *chunked\r\n/i.test(text);
    const ending = isChunked ? "\r\n0\r\n\r\n" : "\r\n\r\n";
    if (!text.endsWith(ending)) {
      this.#heard = whole;
      return;
    }
    this.#heard = Buffer.alloc(0);
    this.#answered(Number(text.slice(9, 12)));
  }
}

/** A client for each stream, which appends again once it was answered. */
export class HttpLoad {
  readonly #connections: Connection[] = [];
  readonly #appends: Buffer[] = [];

  /** Connects and creates the streams. */
  static async open(
    port: number,
    paths: readonly string[],
    data: Buffer,
  ): Promise<HttpLoad> {
    const load = new HttpLoad();
    for (const path of paths) {
      const connection = await Connection.open(port);
      const status = await connection.ask(request("PUT", path));
      if (status !== 201) throw new Error(`PUT ${path}: ${status}`);
      load.#connections.push(connection);
      load.#appends.push(request("POST", path, data));
    }
    return load;
  }

  /** Appends to one of the streams. */
  async append(stream: number): Promise<void> {
    const connection = this.#connections[stream];
    const status = await connection.ask(this.#appends[stream]);
    if (status !== 204) throw new Error(`POST: ${status}`);
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }
}

function request(
  method: string,
  path: string,
  body: Buffer = Buffer.alloc(0),
): Buffer {
  const head = [
    `${method} ${path} HTTP/1.1`,
    "Host: 127.0.0.1",
    `Content-Type: ${CONTENT_TYPE}`,
    `Content-Length: ${body.length}`,
  ].join("\r\n");
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`), body]);
}
