import { Refusal } from "../refusal.ts";

/** What a subscription is created with. */
export interface SubscriptionConfig {
  readonly type: "webhook" | "pull-wake";
  /** Streams by a pattern: `*` is one segment of a path, `**` any number. */
  readonly pattern?: string | undefined;
  /** Streams by their paths. */
  readonly streams: readonly string[];
  readonly webhook?: { readonly url: string } | undefined;
  /** The stream that tells workers of wakes. */
  readonly wake_stream?: string | undefined;
  readonly lease_ttl_ms: number;
  readonly description?: string | undefined;
}

/** A stream of a subscription. */
interface Link {
  isExplicit: boolean;
  isMatched: boolean;
  acked: string;
}

/** A link as clients see it. */
export interface LinkInfo {
  readonly path: string;
  readonly link_type: "explicit" | "glob";
  readonly acked_offset: string;
  readonly tail_offset: string;
  readonly has_pending: boolean;
}

/** News that somebody has to work on, until it is done or the lease ends. */
export interface Wake {
  readonly id: string;
  readonly generation: number;
  /** Where each stream ended. */
  readonly streams: readonly LinkInfo[];
  /** The worker that has claimed it. */
  holder?: string;
  lease?: ReturnType<typeof setTimeout>;
}

/** An acknowledgement: everything up to an offset of a stream is done. */
export interface Ack {
  readonly stream?: string;
  readonly path?: string;
  readonly offset: string;
}

/** The offset before the first message. */
export const BEFORE_FIRST = "-1";

/** A refusal as these routes word them. */
export function refusal(
  status: number,
  code: string,
  more: object = {},
): Refusal {
  const body = JSON.stringify({ error: { code, message: code, ...more } });
  return new Refusal(status, body, { "Content-Type": "application/json" });
}

/** Which streams somebody follows, and how far they have been worked on. */
export class Subscription {
  readonly id: string;
  readonly config: SubscriptionConfig;
  readonly origin: string;
  readonly createdAt = new Date().toISOString();
  generation = 0;
  wake: Wake | undefined;
  isFailing = false;
  readonly #links = new Map<string, Link>();
  readonly #tailOf: (path: string) => string;

  /** `origin` is the scheme, host and port by which the server is known. */
  constructor(
    id: string,
    config: SubscriptionConfig,
    origin: string,
    tailOf: (path: string) => string,
  ) {
    this.id = id;
    this.config = config;
    this.origin = origin;
    this.#tailOf = tailOf;
    for (const path of config.streams) this.link(path, "explicit");
  }

  /** Adds a stream; what it holds already counts as done, unless told so. */
  link(
    path: string,
    type: LinkInfo["link_type"],
    acked: string = this.#tailOf(path),
  ): void {
    const link = this.#links.get(path) ??
      { isExplicit: false, isMatched: false, acked };
    if (type === "explicit") link.isExplicit = true;
    else link.isMatched = true;
    this.#links.set(path, link);
  }

  /** Removes a stream that was named; a pattern may still match it. */
  unlink(path: string): void {
    const link = this.#links.get(path);
    if (link === undefined) return;
    link.isExplicit = false;
    if (!link.isMatched) this.#links.delete(path);
  }

  /** Removes a stream that is gone. */
  forget(path: string): void {
    this.#links.delete(path);
  }

  /** Takes note of news in a stream; returns whether it is one of these. */
  notice(path: string): boolean {
    const { pattern } = this.config;
    if (pattern !== undefined && matches(pattern, path)) {
      this.link(path, "glob", BEFORE_FIRST);
    }
    return this.#links.has(path);
  }

  /** All streams, and where they are. */
  infos(): LinkInfo[] {
    return [...this.#links].map(([path, { isExplicit, acked }]) => {
      const tail = this.#tailOf(path);
      return {
        path,
        link_type: isExplicit ? "explicit" : "glob",
        acked_offset: acked,
        tail_offset: tail,
        has_pending: tail > acked,
      };
    });
  }

  /** The first stream with something to do. */
  pending(): string | undefined {
    return this.infos().find((info) => info.has_pending)?.path;
  }

  /** Applies all acknowledgements, or none. */
  ack(acks: readonly Ack[]): void {
    const checked = acks.map((ack) => {
      const { stream, path, offset }: Ack = Object(ack);
      const name = trim(`${stream ?? path}`);
      const link = this.#links.get(name);
      const isValid = link !== undefined && typeof offset === "string" &&
        offset !== BEFORE_FIRST && offset >= link.acked &&
        offset <= this.#tailOf(name);
      if (!isValid) throw refusal(409, "INVALID_OFFSET", { stream: name });
      return { link, offset };
    });
    for (const { link, offset } of checked) link.acked = offset;
  }
}

/** A path without slashes at its ends. */
export function trim(path: string): string {
  let [start, end] = [0, path.length];
  while (path[start] === "/") start++;
  while (end > start && path[end - 1] === "/") end--;
  return path.slice(start, end);
}

/** Whether a path matches a pattern, in time proportional to their product. */
export function matches(pattern: string, path: string): boolean {
  const wanted = trim(pattern).split("/");
  const found = trim(path).split("/");
  /** The last `**`, and the first segment that it does not take. */
  let any = -1;
  let resumeAt = 0;
  let at = 0;
  for (let next = 0; next < found.length;) {
    const part = wanted[at];
    if (part === "**") {
      any = at++;
      resumeAt = next;
    } else if (part === "*" || part === found[next]) {
      at++;
      next++;
    } else if (any >= 0) {
      at = any + 1;
      next = ++resumeAt;
    } else return false;
  }
  return wanted.slice(at).every((part) => part === "**");
}
