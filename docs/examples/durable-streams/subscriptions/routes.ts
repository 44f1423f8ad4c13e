import type { Context, Hono } from "hono";
import { bodyOf } from "../parse_request.ts";
import { respond } from "../respond.ts";
import type { StreamStore } from "../stream_store.ts";
import { parseStreams, parseSubscription } from "./parse_subscription.ts";
import { refusal, type Subscription, trim } from "./subscription.ts";
import { ROOT, Subscriptions, type WakeReport } from "./subscriptions.ts";

/** Adds the routes about subscriptions to the app of a store. */
export function addSubscriptions(app: Hono, store: StreamStore): void {
  const all = new Subscriptions(store);
  const base = `${ROOT}__ds`;
  const one = `${base}/subscriptions/:id`;
  const { jwk } = all.keys;
  const { maxBodyBytes } = store;
  app.get(`${base}/jwks.json`, () =>
    respond(
      200,
      { "Content-Type": "application/jwk-set+json" },
      JSON.stringify({ keys: [jwk] }),
    ));
  app.put(one, async ({ req }) => {
    const config = parseSubscription(await objectOf(req, maxBodyBytes));
    const { origin } = new URL(req.url);
    const { subscription, isNew } = all.create(req.param("id"), config, origin);
    return json(isNew ? 201 : 200, describe(subscription, jwk.kid));
  });
  app.get(
    one,
    ({ req }) => json(200, describe(all.get(req.param("id")), jwk.kid)),
  );
  app.delete(one, ({ req }) => {
    all.delete(req.param("id"));
    return respond(204);
  });
  app.post(`${one}/streams`, async ({ req }) => {
    const { streams } = await objectOf(req, maxBodyBytes) as {
      streams?: unknown;
    };
    const subscription = all.get(req.param("id"));
    for (const name of parseStreams(streams)) {
      subscription.link(name, "explicit");
    }
    return respond(204);
  });
  app.delete(`${one}/streams/:name{.+}`, ({ req }) => {
    all.get(req.param("id")).unlink(trim(req.param("name")));
    return respond(204);
  });
  app.post(`${one}/claim`, async ({ req }) => {
    const { worker } = await objectOf(req, maxBodyBytes) as {
      worker?: unknown;
    };
    if (typeof worker !== "string") throw refusal(400, "INVALID_REQUEST");
    return json(200, all.claim(req.param("id"), worker));
  });
  app.post(`${one}/callback`, async ({ req }) => {
    const report = await objectOf(req, maxBodyBytes) as WakeReport;
    const token = tokenOf(req);
    return json(200, all.report(req.param("id"), "webhook", token, report));
  });
  app.post(`${one}/ack`, async ({ req }) => {
    const report = await objectOf(req, maxBodyBytes) as WakeReport;
    const token = tokenOf(req);
    return json(200, all.report(req.param("id"), "pull-wake", token, report));
  });
  app.post(`${one}/release`, async ({ req }) => {
    const report = await objectOf(req, maxBodyBytes) as WakeReport;
    all.release(req.param("id"), tokenOf(req), report);
    return respond(204);
  });
  app.all(`${base}/*`, () => {
    throw refusal(404, "SUBSCRIPTION_NOT_FOUND");
  });
}

function describe(subscription: Subscription, kid: string): object {
  const { id, config, origin, createdAt, isFailing } = subscription;
  const signing = { alg: "ed25519", kid };
  const jwks_url = `${origin}${ROOT}__ds/jwks.json`;
  return {
    ...config,
    ...config.webhook &&
      { webhook: { ...config.webhook, signing: { ...signing, jwks_url } } },
    id,
    subscription_id: id,
    streams: subscription.infos().map(({ path, link_type, acked_offset }) => ({
      path,
      link_type,
      acked_offset,
    })),
    created_at: createdAt,
    status: isFailing ? "failed" : "active",
  };
}

async function objectOf(
  req: Context["req"],
  maxBytes: number,
): Promise<object> {
  const text = new TextDecoder().decode(await bodyOf(req, maxBytes));
  try {
    return Object(text === "" ? {} : JSON.parse(text));
  } catch {
    throw refusal(400, "INVALID_REQUEST", { message: "Invalid JSON" });
  }
}

function tokenOf(req: Context["req"]): string {
  const header = req.header("Authorization") ?? "";
  const token = /^Bearer (.+)$/.exec(header)?.[1];
  if (token !== undefined) return token;
  throw refusal(401, "TOKEN_INVALID");
}

function json(status: number, body: object): Response {
  const headers = { "Content-Type": "application/json" };
  return respond(status, headers, JSON.stringify(body));
}
