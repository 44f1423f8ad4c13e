import type { HonoRequest } from "hono";
import { eventsOf } from "./event_stream.ts";
import { bodyOf } from "./messages.ts";
import {
  formatOffset,
  header,
  isJson,
  nextCursor,
  parseOffset,
} from "./protocol.ts";
import { Refusal } from "./refusal.ts";
import { respond } from "./respond.ts";
import type { Stream } from "./stream.ts";
import type { StreamStore } from "./stream_store.ts";

/** How live readers are served. */
export interface ReadOptions {
  /** How long a reader waits for news, in ms. Default 30,000. */
  readonly longPollMs?: number | undefined;
}

/** Where a request wants to read. */
interface Place {
  readonly stream: Stream;
  /** As it was sent; "-1" is the beginning, "now" the end. */
  readonly offset: string;
  readonly position: number;
}

/**
 * Answers a GET: what follows an offset, and with `live`, what will follow:
 * one answer as soon as there is any (`long-poll`), or events (`sse`).
 */
export async function readStream(
  store: StreamStore,
  req: HonoRequest,
  { longPollMs = 30_000 }: ReadOptions,
): Promise<Response> {
  const stream = await store.find(req.path);
  const live = req.query("live");
  const isLive = live === "long-poll" || live === "sse";
  const place = placeOf(stream, req, isLive);
  const cursor = req.query("cursor");
  if (live === "sse") {
    const { position } = place;
    return eventsOf(store, stream, { position, cursor, longPollMs });
  }
  if (live === "long-poll") return await poll(store, place, req, longPollMs);
  if (place.offset === "now") return end(stream);
  return await part(store, place, req);
}

function placeOf(stream: Stream, req: HonoRequest, isLive: boolean): Place {
  const [offset = "-1", ...more] = req.queries("offset") ?? [];
  if (more.length > 0) throw new Refusal(400, "Several offsets");
  if (isLive && req.query("offset") === undefined) {
    throw new Refusal(400, "Live reads require an offset");
  }
  const position = offset === "-1"
    ? 0
    : offset === "now"
    ? stream.end
    : parseOffset(offset);
  return { stream, offset, position };
}

/** The end of a stream, whatever it holds. */
function end(stream: Stream): Response {
  stream.accessedAt = Date.now();
  const { contentType } = stream.config;
  return respond(200, {
    "Content-Type": contentType,
    "Cache-Control": "no-store",
    [header.nextOffset]: formatOffset(stream.end),
    [header.upToDate]: "true",
    ...stream.isClosedForReaders && { [header.closed]: "true" },
  }, isJson(contentType) ? "[]" : "");
}

/** What there is after the offset, as far as one response takes it. */
async function part(
  store: StreamStore,
  { stream, offset, position }: Place,
  req: HonoRequest,
  live: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const { messages, end, isUpToDate, isClosed } = await store.read(
    stream,
    position,
  );
  const { contentType } = stream.config;
  const etag = stream.etag(offset, end, isClosed);
  if (req.header("If-None-Match") === etag) {
    return respond(304, { ETag: etag });
  }
  return respond(200, {
    "Content-Type": contentType,
    ETag: etag,
    [header.nextOffset]: formatOffset(end),
    ...live,
    ...isUpToDate && { [header.upToDate]: "true" },
    ...isClosed && { [header.closed]: "true" },
  }, bodyOf(contentType, messages));
}

/** The same; at the end it waits until there is more. */
async function poll(
  store: StreamStore,
  place: Place,
  req: HonoRequest,
  longPollMs: number,
): Promise<Response> {
  const { stream, position } = place;
  if (stream.isQuietAt(position) && !store.closing.aborted) {
    await stream.changed(longPollMs);
  }
  const cursor = nextCursor(req.query("cursor"));
  if (stream.end !== position || stream.isDeleted) {
    return await part(store, place, req, { [header.cursor]: cursor });
  }
  stream.accessedAt = Date.now();
  const isClosed = stream.isClosedForReaders;
  return respond(204, {
    [header.nextOffset]: formatOffset(position),
    [header.upToDate]: "true",
    [header.cursor]: cursor,
    ...isClosed && { [header.closed]: "true" },
  });
}
