import type { HonoRequest } from "hono";
import type { CreateRequest } from "./create_request.ts";
import type { AppendRequest } from "./decide_append.ts";
import { header, parseCount, parseOffset } from "./protocol.ts";
import { Refusal } from "./refusal.ts";
import type { ProducerMark } from "./stream_record.ts";

/** What a PUT asks for. Throws `Refusal` if it is not of the protocol. */
export async function requestOfCreate(
  req: HonoRequest,
  maxBodyBytes: number,
): Promise<CreateRequest> {
  const sent = req.header("Content-Type");
  const ttl = req.header(header.ttl);
  const expiresAt = req.header(header.expiresAt);
  if (ttl && expiresAt) {
    throw new Refusal(400, `${header.ttl} excludes ${header.expiresAt}`);
  }
  if (expiresAt && Number.isNaN(Date.parse(expiresAt))) {
    throw new Refusal(400, `Invalid ${header.expiresAt} timestamp`);
  }
  return {
    path: req.path,
    contentType: sent && /^[\w-]+\/[\w-]/.test(sent) ? sent : undefined,
    ttlSeconds: ttl ? parseCount(ttl, header.ttl) : undefined,
    expiresAt: expiresAt || undefined,
    isClosed: isTrue(req.header(header.closed)),
    fork: forkOf(req),
    body: await bodyOf(req, maxBodyBytes),
  };
}

/** What a POST asks for. Throws `Refusal` if it is not of the protocol. */
export async function requestOfAppend(
  req: HonoRequest,
  maxBodyBytes: number,
): Promise<AppendRequest> {
  return {
    contentType: req.header("Content-Type"),
    seq: req.header(header.seq),
    producer: producerOf(req),
    closes: isTrue(req.header(header.closed)),
    body: await bodyOf(req, maxBodyBytes),
  };
}

function isTrue(text: string | undefined): boolean {
  return text?.toLowerCase() === "true";
}

function forkOf(req: HonoRequest): CreateRequest["fork"] {
  const path = req.header(header.forkedFrom);
  const offset = req.header(header.forkOffset);
  const subOffset = req.header(header.forkSubOffset);
  if (!path) {
    if (subOffset === undefined) return undefined;
    throw new Refusal(400, `It takes ${header.forkedFrom} to fork`);
  }
  return {
    path: unescaped(path),
    position: offset ? parseOffset(offset) : undefined,
    subOffset: subOffset === undefined
      ? undefined
      : parseCount(subOffset, header.forkSubOffset),
  };
}

/** A path as `req.path` would have it. */
function unescaped(path: string): string {
  try {
    return decodeURI(path.replaceAll("%25", "%2525"));
  } catch {
    return path;
  }
}

function producerOf(req: HonoRequest): ProducerMark | undefined {
  const id = req.header(header.producerId);
  const epoch = req.header(header.producerEpoch);
  const seq = req.header(header.producerSeq);
  if (id === undefined && epoch === undefined && seq === undefined) {
    return undefined;
  }
  if (!id || epoch === undefined || seq === undefined) {
    throw new Refusal(400, "The producer headers must be sent together");
  }
  return {
    id,
    epoch: parseCount(epoch, header.producerEpoch),
    seq: parseCount(seq, header.producerSeq),
  };
}

/** The body. Throws `Refusal` before it has read more than `maxBytes`. */
export async function bodyOf(
  req: HonoRequest,
  maxBytes: number,
): Promise<Uint8Array> {
  const length = Number(req.header("Content-Length") ?? NaN);
  if (length > maxBytes) throw new Refusal(413, "Body too large");
  try {
    return Number.isNaN(length)
      ? await readBody(req.raw.body, maxBytes)
      : new Uint8Array(await req.arrayBuffer());
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(400, "The body ended early");
  }
}

/** The same of a body that does not say how long it is. */
export async function readBody(
  body: ReadableStream<Uint8Array<ArrayBuffer>> | null,
  maxBytes: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Refusal(413, "Body too large");
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
