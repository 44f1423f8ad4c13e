import { assert, assertEquals } from "../../../kit/assert.ts";
import { generator } from "../../../kit/process/record_content.ts";
import { type Runtime, runtimes } from "../../../kit/process/runtimes.ts";
import { bundleServer, ServedStreams } from "./served_streams.ts";

/** What to do, and how often. */
export interface KillStreamsOptions {
  readonly rounds: number;
  readonly seed: number;
  /** An empty directory that the caller provides. */
  readonly scratch: string;
  /** Receives a line about each round. */
  readonly report?: (line: string) => void;
}

/** The outcome. */
export interface KillStreamsTally {
  kills: number;
  /** How many of them a while after they were started, listening or not. */
  killedEarly: number;
  /** Appends that were acknowledged. */
  acked: number;
  /** Appends without an answer that the next server had after all. */
  unanswered: number;
}

/** Longest life of a server after its first acknowledgement, in ms. */
const LIFE_MS = 200;
/** Longest life of a server that is killed early, in ms. */
const EARLY_MS = 300;
const STREAMS = 16;

/** A stream, and what its writer knows of it. */
interface Written {
  readonly path: string;
  /** Messages sent, of which the last one may have no answer. */
  sent: number;
  acked: number;
  /** Messages that some reader has seen. */
  seen: number;
  /** How far it was checked, and from where to read on. */
  checked: number;
  offset: string;
}

/** A stream that is deleted at once. */
interface Passing {
  readonly path: string;
  isDeleted: boolean;
}

/**
 * Kills servers of all runtimes with SIGKILL at random instants, on one
 * directory, while clients write to many streams. Each server must have every
 * message that its predecessors acknowledged or showed, in order, once; and none
 * of the streams whose deletion they acknowledged. What had no answer is sent
 * again, and must not be there twice. Throws on any difference.
 */
export async function killStreams(
  options: KillStreamsOptions,
): Promise<KillStreamsTally> {
  const { rounds, seed, scratch, report } = options;
  const tally = { kills: 0, killedEarly: 0, acked: 0, unanswered: 0 };
  const next = generator(seed);
  const bundle = await bundleServer(scratch);
  const streams = Array.from({ length: STREAMS }, (_, i): Written => ({
    ...{ path: `/v1/stream/kill/${i}`, offset: "-1" },
    ...{ sent: 0, acked: 0, seen: 0, checked: 0 },
  }));
  const passing: Passing[] = [];
  let last: Runtime | undefined;
  for (let round = 1; round <= rounds + 1; round++) {
    // Never the one before, so that each finds what another one left.
    const others = runtimes.filter((runtime) => runtime !== last);
    const runtime = others[next() % others.length];
    last = runtime;
    await using server = new ServedStreams(runtime, bundle, `${scratch}/log`);
    try {
      if (round <= rounds && next() % 8 === 0) {
        await delay(next() % EARLY_MS);
        tally.killedEarly++;
      } else {
        const visit = new Visit(await server.origin(), streams, passing);
        await visit.check(round > rounds || round % 25 === 0);
        tally.unanswered += visit.unanswered;
        if (round > rounds) break;
        const writing = visit.write(`/v1/stream/passing/${round}`);
        await Promise.race([visit.begun, writing]);
        await delay(next() % (next() % LIFE_MS + 1));
        server.child.kill("SIGKILL");
        await writing;
        tally.acked += visit.acked;
      }
      server.child.kill("SIGKILL");
      await server.child.ended;
    } catch (cause) {
      const { errors } = await stop(server);
      const place = `seed ${seed}, round ${round}, ${runtime.name}`;
      throw new Error(`${place}: ${errors}`, { cause });
    }
    tally.kills++;
    report?.(`${round} ${runtime.name}, acked ${tally.acked} in all`);
  }
  return tally;
}

async function stop(server: ServedStreams): Promise<{ errors: string }> {
  server.child.kill("SIGKILL");
  return await server.child.ended;
}

/** What clients do with one server. */
class Visit {
  acked = 0;
  unanswered = 0;
  /** Resolves with the first acknowledgement. */
  readonly begun: Promise<void>;
  #begin = () => {};
  readonly #origin: string;
  readonly #streams: readonly Written[];
  readonly #passing: Passing[];

  constructor(
    origin: string,
    streams: readonly Written[],
    passing: Passing[],
  ) {
    this.#origin = origin;
    this.#streams = streams;
    this.#passing = passing;
    this.begun = new Promise((resolve) => this.#begin = resolve);
  }

  /** Compares what is there with what was acknowledged, or `all` of it. */
  async check(all: boolean): Promise<void> {
    await Promise.all(this.#streams.map((stream) => this.#check(stream, all)));
    for (const { path, isDeleted } of this.#passing) {
      const { status, body } = await fetch(this.#origin + path);
      await body?.cancel();
      assert(!isDeleted || status === 404, `${path} is back: ${status}`);
    }
  }

  /** Writes, reads and deletes, until the server is gone. */
  async write(passing: string): Promise<void> {
    const clients = this.#streams.map((stream) => this.#writeTo(stream));
    clients.push(this.#pass(passing), this.#follow(this.#streams[0]));
    const outcomes = await Promise.allSettled(clients);
    for (const outcome of outcomes) {
      if (outcome.status === "fulfilled") continue;
      // What a connection that breaks looks like.
      if (!(outcome.reason instanceof TypeError)) throw outcome.reason;
    }
  }

  async #check(stream: Written, all: boolean): Promise<void> {
    if (all) Object.assign(stream, { checked: 0, offset: "-1" });
    let { offset } = stream;
    let text = "";
    for (let isUpToDate = false; !isUpToDate;) {
      const { path } = stream;
      const response = await fetch(`${this.#origin}${path}?offset=${offset}`);
      const part = await response.text();
      if (response.status === 404 && stream.acked === 0) return;
      assertEquals(response.status, 200, `${path}: ${part}`);
      offset = response.headers.get("Stream-Next-Offset")!;
      isUpToDate = response.headers.get("Stream-Up-To-Date") === "true";
      text += part;
    }
    const found = stream.checked + text.split(";").length - 1;
    let expected = "";
    for (let i = stream.checked; i < found; i++) expected += message(stream, i);
    assertEquals(text, expected);
    const least = Math.max(stream.acked, stream.seen);
    const what = `${stream.path}: ${found} of ${least} to ${stream.sent}`;
    assert(found >= least && found <= stream.sent, what);
    this.unanswered += found - stream.acked;
    stream.seen = found;
    Object.assign(stream, { checked: found, offset });
  }

  async #writeTo(stream: Written): Promise<void> {
    const url = this.#origin + stream.path;
    const headers = { "Content-Type": "text/plain" };
    const created = await fetch(url, { method: "PUT", headers });
    await created.body?.cancel();
    assert(created.ok, `${created.status}`);
    const known = stream.seen;
    while (true) {
      const number = stream.acked;
      stream.sent = Math.max(stream.sent, number + 1);
      const response = await fetch(url, {
        method: "POST",
        headers: {
          ...{ ...headers, "Producer-Id": "writer", "Producer-Epoch": "0" },
          "Producer-Seq": `${number}`,
        },
        body: message(stream, number),
      });
      const body = await response.text();
      // 204 says that the message was there already.
      const expected = number < known ? 204 : 200;
      assertEquals(response.status, expected, body);
      stream.acked++;
      this.acked++;
      this.#begin();
    }
  }

  /** Creates a stream and deletes it. */
  async #pass(path: string): Promise<void> {
    const url = this.#origin + path;
    const created = await fetch(url, { method: "PUT", body: "soon gone" });
    await created.body?.cancel();
    const { ok, body } = await fetch(url, { method: "DELETE" });
    this.#passing.push({ path, isDeleted: ok });
    await body?.cancel();
  }

  /** Reads as it is written. */
  async #follow(stream: Written): Promise<void> {
    let { offset, checked: seen } = stream;
    while (true) {
      const query = `?offset=${offset}&live=long-poll`;
      const response = await fetch(this.#origin + stream.path + query);
      const text = await response.text();
      if (response.status === 404) continue;
      offset = response.headers.get("Stream-Next-Offset") ?? offset;
      seen += text.split(";").length - 1;
      stream.seen = Math.max(stream.seen, seen);
    }
  }
}

/** Each is different, and of another length. */
function message({ path }: Written, number: number): string {
  return `${path} ${number} ${".".repeat(number % 97)};`;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
