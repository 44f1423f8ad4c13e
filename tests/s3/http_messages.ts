import type { Socket } from "node:net";

/** A request or an answer as it came, in bytes. */
export interface HttpMessage {
  /** The first line. */
  readonly start: string;
  /** First line and headers, with the empty line after them. */
  readonly head: Uint8Array;
  /** What follows, framing included. */
  readonly body: Uint8Array;
}

/** Reads the messages of HTTP/1.1 that come over a connection. */
export class HttpMessages {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #bytes = new Uint8Array();

  /** Nobody else may read from `socket`. */
  constructor(socket: Socket) {
    this.#chunks = socket[Symbol.asyncIterator]();
  }

  /** The next request; `undefined` if the connection ends before one. */
  async request(): Promise<HttpMessage | undefined> {
    return await this.#more() ? await this.#message(() => true) : undefined;
  }

  /** The answer to a request; it ends early if the connection does. */
  async answer(to: HttpMessage): Promise<HttpMessage> {
    const hasNone = to.start.startsWith("HEAD ");
    return await this.#message((start) =>
      !hasNone && !/^\S+ (1\d\d|204|304)\b/.test(start)
    );
  }

  async #message(hasBody: (start: string) => boolean): Promise<HttpMessage> {
    const head = await this.#until("\r\n\r\n");
    const text = new TextDecoder().decode(head);
    const [start] = text.split("\r\n");
    if (!hasBody(start)) return { start, head, body: new Uint8Array() };
    if (/^transfer-encoding: *chunked/im.test(text)) {
      return { start, head, body: await this.#chunked() };
    }
    const [, length = "0"] = /^content-length: *(\d+)/im.exec(text) ?? [];
    return { start, head, body: await this.#take(Number(length)) };
  }

  async #chunked(): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (;;) {
      const line = await this.#until("\r\n");
      const size = parseInt(new TextDecoder().decode(line), 16);
      parts.push(line, await this.#take(size + 2));
      if (size === 0) return joined(parts);
    }
  }

  /** All bytes up to and including `mark`. */
  async #until(mark: string): Promise<Uint8Array> {
    for (;;) {
      const at = new TextDecoder("latin1").decode(this.#bytes).indexOf(mark);
      if (at >= 0) return await this.#take(at + mark.length);
      if (!await this.#more(this.#bytes.length + 1)) throw new Error("cut off");
    }
  }

  async #take(length: number): Promise<Uint8Array> {
    if (!await this.#more(length)) throw new Error("cut off");
    const taken = this.#bytes.slice(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return taken;
  }

  /** Whether there are `length` bytes, once they came. */
  async #more(length = 1): Promise<boolean> {
    const parts: Uint8Array[] = [this.#bytes];
    let missing = length - this.#bytes.length;
    while (missing > 0) {
      const { done, value } = await this.#chunks.next();
      if (done) break;
      parts.push(value);
      missing -= value.length;
    }
    if (parts.length > 1) this.#bytes = joined(parts);
    return missing <= 0;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
