import { mediaTypeOf } from "./protocol.ts";
import { Refusal } from "./refusal.ts";
import type { Stream } from "./stream.ts";
import type { StreamConfig } from "./stream_record.ts";

/** What a request wants to create. */
export interface CreateRequest {
  readonly path: string;
  /** Absent if the request did not name one. */
  readonly contentType?: string | undefined;
  readonly ttlSeconds?: number | undefined;
  readonly expiresAt?: string | undefined;
  readonly isClosed: boolean;
  /** The first message. Empty if there is none. */
  readonly body: Uint8Array;
  /** What to begin with: a stream, up to a position. */
  readonly fork?: {
    readonly path: string;
    readonly position?: number | undefined;
    /** How much of the message after that: bytes, or values if it is JSON. */
    readonly subOffset?: number | undefined;
  } | undefined;
}

const DEFAULT_TYPE = "application/octet-stream";

/** The settings of a new stream; a fork has those of its source by default. */
export function configOf(
  request: CreateRequest,
  source: Stream | undefined,
): StreamConfig {
  const { path, contentType, fork, isClosed, ttlSeconds, expiresAt } = request;
  if (fork === undefined || source === undefined) {
    const type = contentType ?? DEFAULT_TYPE;
    return { path, contentType: type, ttlSeconds, expiresAt, isClosed };
  }
  const { config, number, end } = source;
  const type = contentType ?? config.contentType;
  if (mediaTypeOf(type) !== mediaTypeOf(config.contentType)) {
    throw new Refusal(409, "Content type mismatch with source stream");
  }
  const { position: forkPosition = end, subOffset: forkSubOffset } = fork;
  if (forkPosition > end) {
    throw new Refusal(400, "Fork offset beyond source stream length");
  }
  const expiry = expiryOf(request, source);
  return {
    ...{ path, contentType: type, isClosed },
    ...{ ttlSeconds: expiry.ttlSeconds, expiresAt: expiry.expiresAt },
    ...{ source: number, forkedFrom: fork.path, forkPosition, forkSubOffset },
  };
}

/** By default, that of the source, if there is one. */
function expiryOf(
  request: CreateRequest,
  source: Stream | undefined,
): Pick<StreamConfig, "ttlSeconds" | "expiresAt"> {
  const { ttlSeconds, expiresAt } = request;
  const inherits = ttlSeconds === undefined && expiresAt === undefined;
  return inherits && source !== undefined ? source.config : request;
}

/** Whether a stream can be found, and was created as a request says. */
export function isCreatedBy(stream: Stream, request: CreateRequest): boolean {
  const { config } = stream;
  const { contentType = DEFAULT_TYPE, fork } = request;
  const { ttlSeconds, expiresAt } = expiryOf(request, stream.source);
  const inheritsType = fork !== undefined && request.contentType === undefined;
  return !stream.isDeleted &&
    (inheritsType ||
      mediaTypeOf(contentType) === mediaTypeOf(config.contentType)) &&
    ttlSeconds === config.ttlSeconds && expiresAt === config.expiresAt &&
    request.isClosed === stream.isClosed &&
    fork?.path === config.forkedFrom &&
    (fork?.position ?? config.forkPosition) === config.forkPosition &&
    (fork?.subOffset ?? 0) === (config.forkSubOffset ?? 0);
}
