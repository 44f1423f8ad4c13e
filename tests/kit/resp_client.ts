import { once } from "node:events";
import { connect, type Socket } from "node:net";

/**
 * A connection that writes requests as they are and hears replies as they are,
 * one unit per byte.
 */
export class RespClient {
  readonly #socket: Socket;
  #heard = "";
  #asked = 0;
  #isClosed = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      this.#heard += text;
      this.#wake();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  /** Connects to a port of this machine. */
  static async connect(port: number): Promise<RespClient> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    return new RespClient(socket);
  }

  /** Writes text, a byte per unit. */
  write(text: string): void {
    this.#socket.write(text, "latin1");
  }

  /**
   * Sends commands, each a line of words, at once; returns their replies with
   * `|` for the end of a line.
   */
  async ask(...commands: string[]): Promise<string> {
    const end = `end ${++this.#asked}`;
    this.write(
      commands.map((command) => request(...command.split(" "))).join(
        "",
      ),
    );
    this.write(request("ECHO", end));
    return shown(await this.until(bulk(end)));
  }

  /** Returns what was heard before `end`. */
  async until(end: string): Promise<string> {
    while (!this.#heard.endsWith(end)) {
      if (this.#isClosed) throw new Error(`hung up after ${this.#heard}`);
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const heard = this.#heard.slice(0, -end.length);
    this.#heard = "";
    return heard;
  }

  /** Waits until the server hangs up; returns what was heard. */
  async hungUp(): Promise<string> {
    while (!this.#isClosed) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    return shown(this.#heard);
  }

  /** Hangs up. */
  async close(): Promise<void> {
    this.#socket.destroy();
    await this.hungUp();
  }
}

/** A request, as clients send it. */
export function request(...words: string[]): string {
  return `*${words.length}\r\n${words.map(bulk).join("")}`;
}

/** A word, or the reply that consists of it. */
export function bulk(word: string): string {
  return `$${word.length}\r\n${word}\r\n`;
}

/** Replies on one line. */
export function shown(replies: string): string {
  return replies.replaceAll("\r\n", "|");
}
