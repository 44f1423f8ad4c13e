import { formatOffset, header, mediaTypeOf } from "./protocol.ts";
import { Refusal } from "./refusal.ts";
import type { Headers } from "./respond.ts";
import type { Stream } from "./stream.ts";
import type { ProducerMark } from "./stream_record.ts";

/** What a request wants to append. */
export interface AppendRequest {
  /** The body. If it is empty, the request can only close the stream. */
  readonly body: Uint8Array;
  readonly contentType?: string | undefined;
  readonly seq?: string | undefined;
  readonly producer?: ProducerMark | undefined;
  readonly closes: boolean;
}

/** What becomes of a request that is not refused. */
export type AppendDecision =
  | { readonly kind: "append" | "close" }
  /** It was done before, or there is nothing to do. */
  | { readonly kind: "done"; readonly lastSeq?: number };

/**
 * Decides by what was accepted so far, on disk or not: so an answer waits until
 * that is. Throws `Refusal`; changes nothing.
 */
export function decideAppend(
  stream: Stream,
  request: AppendRequest,
): AppendDecision {
  const { body, producer, seq, closes } = request;
  const isCloseOnly = body.length === 0 && closes;
  if (stream.isClosed) {
    if (producer === undefined && isCloseOnly) return { kind: "done" };
    if (isSame(stream.closedBy, producer)) {
      return { kind: "done", lastSeq: producer!.seq };
    }
    throw new Refusal(409, "Stream is closed", {
      [header.closed]: "true",
      [header.nextOffset]: formatOffset(stream.tail),
    });
  }
  if (!isCloseOnly) requireBody(stream, request);
  const lastSeq = producer && duplicateOf(stream, producer);
  if (lastSeq !== undefined) return { kind: "done", lastSeq };
  const { lastSeq: previous } = stream;
  if (seq !== undefined && previous !== undefined && seq <= previous) {
    throw new Refusal(409, "Sequence conflict");
  }
  return { kind: isCloseOnly ? "close" : "append" };
}

function requireBody(stream: Stream, request: AppendRequest): void {
  const { body, contentType } = request;
  if (body.length === 0) throw new Refusal(400, "Empty body");
  if (!contentType) throw new Refusal(400, "Content-Type header is required");
  const { contentType: expected } = stream.config;
  if (
    contentType !== expected &&
    mediaTypeOf(contentType) !== mediaTypeOf(expected)
  ) {
    throw new Refusal(409, "Content-type mismatch");
  }
}

/**
 * The last number of the producer, if its message was accepted before.
 * `undefined` if it is the next one; throws `Refusal` if it is any other.
 */
function duplicateOf(
  stream: Stream,
  { id, epoch, seq }: ProducerMark,
): number | undefined {
  const state = stream.producer(id);
  if (state !== undefined && epoch < state.epoch) {
    const headers = { [header.producerEpoch]: `${state.epoch}` };
    throw new Refusal(403, "Stale producer epoch", headers);
  }
  if (state !== undefined && epoch > state.epoch) {
    if (seq === 0) return undefined;
    throw new Refusal(400, "New epoch must start with sequence 0");
  }
  const expected = state === undefined ? 0 : state.seq + 1;
  if (seq > expected) {
    const headers: Headers = {
      [header.producerExpectedSeq]: `${expected}`,
      [header.producerReceivedSeq]: `${seq}`,
    };
    throw new Refusal(409, "Producer sequence gap", headers);
  }
  return seq === expected ? undefined : state!.seq;
}

function isSame(one?: ProducerMark, other?: ProducerMark): boolean {
  return one !== undefined && other !== undefined && one.id === other.id &&
    one.epoch === other.epoch && one.seq === other.seq;
}
