import type { CreateRequest } from "../../../../docs/examples/durable-streams/create_request.ts";
import type { AppendRequest } from "../../../../docs/examples/durable-streams/decide_append.ts";
import type { StreamStore } from "../../../../docs/examples/durable-streams/stream_store.ts";

const encoder = new TextEncoder();

/** An empty stream of text. */
export function createOf(path: string, text = ""): CreateRequest {
  const body = encoder.encode(text);
  return { path, contentType: "text/plain", isClosed: false, body };
}

/** A message of text. */
export function appendOf(text: string): AppendRequest {
  const body = encoder.encode(text);
  return { body, contentType: "text/plain", closes: false };
}

/** All that readers see of a stream. */
export async function textOf(
  store: StreamStore,
  path: string,
): Promise<string> {
  const stream = await store.find(path);
  const decoder = new TextDecoder();
  let text = "";
  for (let position = 0, isUpToDate = false; !isUpToDate;) {
    const part = await store.read(stream, position);
    for (const message of part.messages) text += decoder.decode(message);
    position = part.end;
    isUpToDate = part.isUpToDate;
  }
  return text;
}
