import {
  type AddressInfo,
  connect,
  createServer,
  type Server,
  type Socket,
} from "node:net";
import { uniform } from "../../random.ts";
import { type HttpMessage, HttpMessages } from "./http_messages.ts";

/** What can happen to a request on its way. */
export type Fault = typeof FAULTS[number];

/** Every kind of fault; the first one is none. */
export const FAULTS = [
  /** It arrives, and so does its answer. */
  "none",
  /** It arrives some time later. */
  "delayed",
  /** The proxy answers 500; it does not arrive. */
  "500",
  /** The proxy answers 503 `SlowDown`; it does not arrive. */
  "503",
  /** The connection is reset; it does not arrive. */
  "reset",
  /** It arrives, and is done; the connection is reset instead of an answer. */
  "answer lost",
  /** Half of it arrives, then both connections end. */
  "half sent",
  /** It is done; half of the answer comes, then the connection is reset. */
  "half answered",
  /** Nothing arrives, and nothing is said until the client gives up. */
  "swallowed",
  /** It arrives when its sender has long given up, and nobody is answered. */
  "late",
] as const;

/** What a proxy does. */
export interface FaultProxyOptions {
  /** Where requests go: a port of 127.0.0.1. */
  readonly port: number;
  /** Decides what happens, with the number of the request. */
  readonly seed: number;
  /** Share of the requests that something happens to, from 0 to 1. */
  readonly share: number;
  /** What may happen. Default: everything. */
  readonly faults?: readonly Fault[] | undefined;
  /** Longest delay, in ms. Default 300. */
  readonly delayMs?: number | undefined;
  /** Longest time after which one arrives late, in ms. Default 4000. */
  readonly lateMs?: number | undefined;
}

/** Says what happens to request number `nth`: the same for the same seed. */
export function decideFault(
  { seed, share, faults = FAULTS.slice(1) }: FaultProxyOptions,
  nth: number,
): Fault {
  if (uniform(seed, 0, nth) >= share) return "none";
  return faults[Math.floor(uniform(seed, 1, nth) * faults.length)];
}

/**
 * A proxy for HTTP on loopback that does harm to some requests. It changes
 * nothing of what it lets through, so signatures stay valid.
 */
export class FaultProxy implements AsyncDisposable {
  /** How many requests met with what. */
  readonly counts: Record<Fault, number> = Object.fromEntries(
    FAULTS.map((fault) => [fault, 0]),
  ) as Record<Fault, number>;
  readonly #options: FaultProxyOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCalm = false;
  #requests = 0;

  private constructor(options: FaultProxyOptions) {
    this.#options = options;
    this.#server = createServer({ noDelay: true }, (client) => {
      this.#hold(client);
      this.#serve(client).catch(() => {}).finally(() => client.destroy());
    });
  }

  /** Starts one on a free port. */
  static async listen(options: FaultProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options);
    await new Promise<void>((resolve) =>
      proxy.#server.listen(0, "127.0.0.1", () => resolve())
    );
    return proxy;
  }

  /** Its address, as S3 clients take it. */
  get endpoint(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  /** From now on, nothing happens to requests. */
  calm(): void {
    this.#isCalm = true;
  }

  /** Ends it, and all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #serve(client: Socket): Promise<void> {
    const messages = new HttpMessages(client);
    for (;;) {
      const request = await messages.request();
      if (request === undefined) return;
      const nth = this.#requests++;
      const fault = this.#isCalm ? "none" : decideFault(this.#options, nth);
      this.counts[fault]++;
      if (!await this.#meet(fault, nth, request, client)) return;
    }
  }

  /** Returns whether the connection goes on. */
  async #meet(
    fault: Fault,
    nth: number,
    request: HttpMessage,
    client: Socket,
  ): Promise<boolean> {
    const { seed, delayMs = 300, lateMs = 4000 } = this.#options;
    const share = uniform(seed, 2, nth);
    switch (fault) {
      case "500":
        return refuse(client, request, "500 Internal Server Error");
      case "503":
        return refuse(client, request, "503 Slow Down");
      case "reset":
        client.resetAndDestroy();
        return false;
      case "swallowed":
        return await new Promise((resolve) =>
          client.once("close", () => resolve(false)).resume()
        );
      case "half sent":
        await this.#sendHalf(request);
        return false;
      case "late":
        await pause((0.25 + 0.75 * share) * lateMs);
        await this.#ask(request);
        return false;
      case "delayed":
        await pause(share * delayMs);
        break;
    }
    const answer = await this.#ask(request);
    if (fault === "answer lost") {
      client.resetAndDestroy();
      return false;
    }
    const whole = [answer.head, answer.body];
    if (fault !== "half answered") {
      for (const part of whole) client.write(part);
      return !/^connection: *close/im.test(new TextDecoder().decode(whole[0]));
    }
    const length = answer.body.length || answer.head.length;
    if (answer.body.length > 0) client.write(answer.head);
    const part = answer.body.length > 0 ? answer.body : answer.head;
    await new Promise((resolve) =>
      client.write(part.subarray(0, length >> 1), resolve)
    );
    client.resetAndDestroy();
    return false;
  }

  /** Sends a request where it belongs, on a connection of its own. */
  async #ask(request: HttpMessage): Promise<HttpMessage> {
    const server = await this.#connect();
    try {
      server.write(request.head);
      server.write(request.body);
      return await new HttpMessages(server).answer(request);
    } finally {
      server.destroy();
    }
  }

  async #sendHalf({ head, body }: HttpMessage): Promise<void> {
    const server = await this.#connect();
    const half = body.length > 0 ? body.length >> 1 : 0;
    if (half > 0) server.write(head);
    const part = half > 0
      ? body.subarray(0, half)
      : head.subarray(0, head.length >> 1);
    await new Promise((resolve) => server.write(part, resolve));
    server.destroy();
  }

  async #connect(): Promise<Socket> {
    const { port } = this.#options;
    const server = connect({ port, host: "127.0.0.1", noDelay: true });
    this.#hold(server);
    await new Promise<void>((resolve, reject) => {
      server.once("connect", resolve).once("error", reject);
    });
    return server;
  }

  #hold(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => this.#sockets.delete(socket));
  }
}

/** Answers as a store does that has trouble; the connection goes on. */
function refuse(
  client: Socket,
  { start }: HttpMessage,
  status: string,
): boolean {
  const code = status.startsWith("503") ? "SlowDown" : "InternalError";
  const body = start.startsWith("HEAD ")
    ? ""
    : `<Error><Code>${code}</Code></Error>`;
  client.write(
    `HTTP/1.1 ${status}\r\ncontent-type: application/xml\r\n` +
      `content-length: ${body.length}\r\n\r\n${body}`,
  );
  return true;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
