import { type Context, Hono } from "hono";
import { requestOfAppend, requestOfCreate } from "./parse_request.ts";
import { formatOffset, header } from "./protocol.ts";
import { type ReadOptions, readStream } from "./read_stream.ts";
import { Refusal } from "./refusal.ts";
import { type Headers, respond } from "./respond.ts";
import type { StreamStore } from "./stream_store.ts";
import { addSubscriptions } from "./subscriptions/routes.ts";

const PREFLIGHT: Headers = {
  "Access-Control-Allow-Headers": "*",
  "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, DELETE, OPTIONS",
};

/**
 * The protocol over a store, as a Hono app. Any path is a stream, but those
 * below `/v1/stream/__ds/`, which are about subscriptions.
 */
export function makeApp(store: StreamStore, options: ReadOptions = {}): Hono {
  const app = new Hono();
  addSubscriptions(app, store);
  app.put("*", (context) => create(store, context));
  app.post("*", (context) => append(store, context));
  app.delete("*", async ({ req }) => {
    await store.delete(req.path);
    return respond(204);
  });
  // Hono answers HEAD as it does GET, without the body.
  app.get(
    "*",
    ({ req }) =>
      req.method === "HEAD"
        ? head(store, req.path)
        : readStream(store, req, options),
  );
  app.options("*", () => respond(204, PREFLIGHT));
  app.onError((error) => {
    if (error instanceof Refusal) {
      return respond(error.status, error.headers, error.message);
    }
    console.error(error);
    return respond(500, {}, "Internal server error");
  });
  return app;
}

async function create(store: StreamStore, { req }: Context): Promise<Response> {
  const request = await requestOfCreate(req, store.maxBodyBytes);
  const { stream, isNew } = await store.create(request);
  const { contentType } = stream.config;
  return respond(isNew ? 201 : 200, {
    "Content-Type": contentType,
    [header.nextOffset]: formatOffset(stream.end),
    ...isNew && { Location: req.url },
    ...stream.isClosedForReaders && { [header.closed]: "true" },
  });
}

async function append(store: StreamStore, { req }: Context): Promise<Response> {
  const request = await requestOfAppend(req, store.maxBodyBytes);
  const appended = await store.append(req.path, request);
  const { producer } = request;
  return respond(
    producer && appended.isNew && request.body.length > 0 ? 200 : 204,
    {
      [header.nextOffset]: formatOffset(appended.end),
      ...appended.isClosed && { [header.closed]: "true" },
      ...producer && {
        [header.producerEpoch]: `${producer.epoch}`,
        [header.producerSeq]: `${appended.lastSeq}`,
      },
    },
  );
}

async function head(store: StreamStore, path: string): Promise<Response> {
  const stream = await store.find(path);
  const { contentType, ttlSeconds, expiresAt } = stream.config;
  const isClosed = stream.isClosedForReaders;
  return respond(200, {
    "Content-Type": contentType,
    "Cache-Control": "no-store",
    ETag: stream.etag("-1", stream.end, isClosed),
    [header.nextOffset]: formatOffset(stream.end),
    ...isClosed && { [header.closed]: "true" },
    ...ttlSeconds !== undefined && { [header.ttl]: `${ttlSeconds}` },
    ...expiresAt !== undefined && { [header.expiresAt]: expiresAt },
  });
}
