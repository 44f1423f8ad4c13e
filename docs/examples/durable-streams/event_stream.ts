import { bodyOf } from "./messages.ts";
import { formatOffset, header, isText, nextCursor } from "./protocol.ts";
import { respond } from "./respond.ts";
import type { Stream } from "./stream.ts";
import type { StreamPart, StreamStore } from "./stream_store.ts";

/** Where a reader begins, and how long it may hear nothing. */
export interface EventOptions {
  readonly position: number;
  /** The cursor that it sent. */
  readonly cursor?: string | undefined;
  /** Time between events if nothing happens, in ms. */
  readonly longPollMs: number;
}

/**
 * A response of server-sent events: what is in the stream, and then all that is
 * appended, until the stream is closed or deleted. The reader sets the pace:
 * the next part is read from the log when there is room for it.
 */
export function eventsOf(
  store: StreamStore,
  stream: Stream,
  options: EventOptions,
): Response {
  const gone = new AbortController();
  const events = eventsAfter(store, stream, options, gone.signal);
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await events.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    cancel: () => gone.abort(),
  });
  return respond(200, {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-cache",
    ...!isText(stream.config.contentType) && { [header.sseEncoding]: "base64" },
  }, body);
}

/** Each is a part of the stream, if there is one, and then where it ends. */
async function* eventsAfter(
  store: StreamStore,
  stream: Stream,
  { position, cursor, longPollMs }: EventOptions,
  gone: AbortSignal,
): AsyncGenerator<string, void> {
  const format = formatter(stream.config.contentType);
  const isOver = () =>
    stream.isDeleted || gone.aborted || store.closing.aborted;
  while (!isOver()) {
    const part = await store.read(stream, position).catch((error) => {
      if (!isOver()) throw error;
    });
    if (part === undefined) return;
    position = part.end;
    const data = part.messages.length > 0
      ? event("data", format(part.messages))
      : "";
    yield data + event("control", JSON.stringify(controlOf(part, cursor)));
    if (part.isClosed) return;
    if (stream.isQuietAt(position) && !isOver()) {
      await stream.changed(longPollMs, gone);
    }
  }
}

function controlOf(part: StreamPart, cursor: string | undefined): object {
  const streamNextOffset = formatOffset(part.end);
  if (part.isClosed) return { streamNextOffset, streamClosed: true };
  return {
    ...{ streamNextOffset, streamCursor: nextCursor(cursor) },
    ...part.isUpToDate && { upToDate: true },
  };
}

/** Messages as text. A character may begin in one and end in the next. */
function formatter(
  contentType: string,
): (messages: readonly Uint8Array[]) => string {
  if (!isText(contentType)) {
    return (messages) => base64(bodyOf(contentType, messages));
  }
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return (messages) =>
    decoder.decode(bodyOf(contentType, messages), { stream: true });
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return btoa(binary);
}

/**
 * Each line of a text is one of the event, so none can begin another event. A
 * space at the beginning is sent twice, because clients take one away.
 */
function event(name: string, text: string): string {
  const lines = `\n${text}`.replace(/(?:\r\n|\r|\n)( ?)/g, "\ndata:$1$1");
  return `event: ${name}${lines}\n\n`;
}
