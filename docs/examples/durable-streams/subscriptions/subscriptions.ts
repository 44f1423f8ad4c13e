import { readBody } from "../parse_request.ts";
import { formatOffset } from "../protocol.ts";
import type { StreamStore } from "../stream_store.ts";
import {
  type Ack,
  matches,
  refusal,
  Subscription,
  type SubscriptionConfig,
  trim,
  type Wake,
} from "./subscription.ts";
import { ServerKeys } from "./webhook_key.ts";

/** What the holder of a wake sends. */
export interface WakeReport {
  readonly wake_id?: string;
  readonly generation?: number;
  readonly acks?: readonly Ack[];
  readonly done?: boolean;
}

/** Longest answer of a webhook that is read. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** Streams that can be subscribed to are below this path. */
export const ROOT = "/v1/stream/";

/**
 * The subscriptions of a server. They are in memory: like those of the
 * reference server, they end with it, and clients create them again.
 */
export class Subscriptions {
  readonly keys = new ServerKeys();
  readonly #store: StreamStore;
  readonly #all = new Map<string, Subscription>();

  constructor(store: StreamStore) {
    this.#store = store;
    store.onAppend = (path) => this.#notice(path);
    store.onDelete = (path) => {
      const name = nameOf(path);
      for (const one of this.#all.values()) one.forget(name);
    };
    store.closing.addEventListener("abort", () => {
      for (const one of this.#all.values()) this.#finish(one);
      this.#all.clear();
    });
  }

  /** Creates one, or confirms the one that was created just so. */
  create(
    id: string,
    config: SubscriptionConfig,
    origin: string,
  ): { subscription: Subscription; isNew: boolean } {
    const existing = this.#all.get(id);
    if (existing !== undefined) {
      if (JSON.stringify(existing.config) !== JSON.stringify(config)) {
        throw refusal(409, "SUBSCRIPTION_ALREADY_EXISTS");
      }
      return { subscription: existing, isNew: false };
    }
    const tailOf = (name: string) =>
      formatOffset(this.#store.endOf(ROOT + name));
    const subscription = new Subscription(id, config, origin, tailOf);
    for (const path of config.pattern ? this.#store.paths() : []) {
      const name = nameOf(path);
      if (matches(config.pattern!, name)) subscription.link(name, "glob");
    }
    this.#all.set(id, subscription);
    return { subscription, isNew: true };
  }

  /** The one of this name. */
  get(id: string): Subscription {
    const subscription = this.#all.get(id);
    if (subscription !== undefined) return subscription;
    throw refusal(404, "SUBSCRIPTION_NOT_FOUND");
  }

  /** Ends one, if it is there. */
  delete(id: string): void {
    const subscription = this.#all.get(id);
    if (subscription === undefined) return;
    this.#finish(subscription);
    this.#all.delete(id);
  }

  /** Gives what is to do to a worker, for as long as its lease. */
  claim(id: string, worker: string): object {
    const subscription = this.#require(id, "pull-wake");
    const { wake: current, generation } = subscription;
    if (current?.holder !== undefined) {
      const { holder: current_holder } = current;
      throw refusal(409, "ALREADY_CLAIMED", { current_holder, generation });
    }
    const pending = subscription.pending();
    if (pending === undefined) throw refusal(409, "NO_PENDING_WORK");
    const wake = current ?? this.#wake(subscription, pending);
    wake.holder = worker;
    this.#lease(subscription, wake);
    return {
      wake_id: wake.id,
      generation: wake.generation,
      token: this.keys.token(id, wake.generation),
      streams: subscription.infos(),
      lease_ttl_ms: subscription.config.lease_ttl_ms,
    };
  }

  /** Takes the report of whoever works on a wake; extends the lease. */
  report(
    id: string,
    type: SubscriptionConfig["type"],
    token: string,
    report: WakeReport,
  ): object {
    const subscription = this.#require(id, type);
    const wake = this.#authorize(subscription, token, report);
    const { acks = [] } = report;
    if (!Array.isArray(acks)) throw refusal(400, "INVALID_REQUEST");
    subscription.ack(acks);
    if (report.done !== true) this.#lease(subscription, wake);
    const next_wake = report.done === true && this.#next(subscription);
    return { ok: true, next_wake };
  }

  /** Gives a wake back. */
  release(id: string, token: string, report: WakeReport): void {
    const subscription = this.#require(id, "pull-wake");
    this.#authorize(subscription, token, report);
    this.#next(subscription);
  }

  #require(id: string, type: SubscriptionConfig["type"]): Subscription {
    const subscription = this.get(id);
    if (subscription.config.type === type) return subscription;
    throw refusal(400, "INVALID_REQUEST", { message: `It is not ${type}` });
  }

  #authorize(
    subscription: Subscription,
    token: string,
    { wake_id, generation }: WakeReport,
  ): Wake {
    const allowed = this.keys.generationOf(subscription.id, token);
    if (allowed === undefined) throw refusal(401, "TOKEN_INVALID");
    const { wake } = subscription;
    const isCurrent = wake !== undefined && wake.id === wake_id &&
      wake.generation === generation && wake.generation === allowed;
    if (!isCurrent) throw refusal(409, "FENCED");
    return wake;
  }

  #notice(path: string): void {
    if (!path.startsWith(ROOT)) return;
    const name = nameOf(path);
    for (const one of this.#all.values()) {
      if (!one.notice(name) || one.wake !== undefined) continue;
      if (one.pending() !== undefined) this.#wake(one, name);
    }
  }

  #wake(subscription: Subscription, stream: string): Wake {
    const { config } = subscription;
    const wake: Wake = {
      id: `w_${crypto.randomUUID()}`,
      generation: ++subscription.generation,
      streams: subscription.infos(),
    };
    subscription.wake = wake;
    if (config.type === "webhook") {
      this.#lease(subscription, wake);
      this.#deliver(subscription, wake);
    } else {
      this.#announce(subscription, wake, stream);
    }
    return wake;
  }

  /** Ends the wake, and begins the next one if there is something to do. */
  #next(subscription: Subscription): boolean {
    this.#finish(subscription);
    const stream = subscription.pending();
    if (stream !== undefined) this.#wake(subscription, stream);
    return stream !== undefined;
  }

  #finish(subscription: Subscription): void {
    clearTimeout(subscription.wake?.lease);
    subscription.wake = undefined;
  }

  #lease(subscription: Subscription, wake: Wake): void {
    clearTimeout(wake.lease);
    wake.lease = setTimeout(
      () => this.#next(subscription),
      subscription.config.lease_ttl_ms,
    );
  }

  /** A delivery that fails is repeated when its lease has ended. */
  async #deliver(subscription: Subscription, wake: Wake): Promise<void> {
    const { id, origin, config } = subscription;
    const body = JSON.stringify({
      subscription_id: id,
      wake_id: wake.id,
      generation: wake.generation,
      streams: wake.streams,
      callback_url: `${origin}${ROOT}__ds/subscriptions/${
        encodeURIComponent(id)
      }/callback`,
      callback_token: this.keys.token(id, wake.generation),
    });
    const headers = {
      "content-type": "application/json",
      "webhook-signature": this.keys.sign(body),
    };
    try {
      const signal = AbortSignal.timeout(config.lease_ttl_ms);
      const response = await fetch(config.webhook!.url, {
        ...{ method: "POST", headers, body, signal },
        redirect: "manual", // It could lead to where no URL may.
      });
      subscription.isFailing = !response.ok;
      const answer = await answerOf(response);
      if (!response.ok || answer.done !== true) return;
      if (subscription.wake !== wake) return;
      subscription.ack(wake.streams.map(({ path, tail_offset }) => ({
        stream: path,
        offset: tail_offset,
      })));
      this.#next(subscription);
    } catch {
      subscription.isFailing = true;
    }
  }

  async #announce(
    { id, config }: Subscription,
    { generation }: Wake,
    stream: string,
  ): Promise<void> {
    const event = { type: "wake", subscription_id: id, stream, generation };
    const text = JSON.stringify({ ...event, ts: Date.now() });
    try {
      await this.#store.append(ROOT + config.wake_stream, {
        body: new TextEncoder().encode(text),
        contentType: "application/json",
        closes: false,
      });
    } catch (error) {
      console.warn(`Cannot announce a wake of ${id}:`, error);
    }
  }
}

/** What a webhook says, if it is JSON and short. */
async function answerOf(response: Response): Promise<{ done?: unknown }> {
  try {
    const bytes = await readBody(response.body, MAX_ANSWER_BYTES);
    return Object(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return {};
  }
}

/** How a stream is named here: its path below the root. */
function nameOf(path: string): string {
  return path.startsWith(ROOT) ? trim(path.slice(ROOT.length)) : path;
}
