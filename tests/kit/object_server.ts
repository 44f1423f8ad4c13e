import { AwsV4Signer } from "aws4fetch";
import { createHash } from "node:crypto";
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { MemoryObjectStore } from "../../storage/s3/memory_object_store.ts";
import {
  type ObjectStore,
  ObjectStoreError,
} from "../../storage/s3/object_store.ts";

/** Who may use the server. */
export const CREDENTIALS = {
  accessKeyId: "AKTEST",
  secretAccessKey: "a secret/+",
  sessionToken: "a token==",
} as const;

/** The only bucket there. */
export const BUCKET = "test-bucket";

/** Options of {@linkcode withObjectServer}. */
export interface ObjectServerOptions {
  /** Default: in memory. */
  readonly store?: ObjectStore;
  /** Writes whatever comes, as s3rver 3.7.1 and smarts3 2.2.7 do. */
  readonly ignoresConditions?: boolean;
  /** Answers instead, if it returns something other than `undefined`. */
  readonly answer?: (
    request: IncomingMessage,
  ) =>
    | {
      status: number;
      headers?: Record<string, string>;
      body?: string | Uint8Array;
    }
    | void;
}

/** Lends a server on loopback that speaks as much of S3 as a log needs. */
export async function withObjectServer(
  options: ObjectServerOptions,
  use: (endpoint: string) => Promise<void>,
): Promise<void> {
  const store = options.store ?? new MemoryObjectStore();
  const server = createServer((request, response) => {
    handle(store, options, request, response).catch((error) => {
      const known = error instanceof ObjectStoreError ? error : undefined;
      refuse(response, known?.status ?? 500, known?.code ?? `${error}`);
    });
  });
  await new Promise<void>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve())
  );
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function handle(
  store: ObjectStore,
  options: ObjectServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = new Uint8Array(
    await new Blob(chunks as BlobPart[]).arrayBuffer(),
  );
  const answer = options.answer?.(request);
  if (answer) {
    response.writeHead(answer.status, answer.headers);
    return void response.end(answer.body);
  }
  const url = new URL(request.url!, `http://${request.headers.host}`);
  if (!await isSigned(request, url, body)) {
    return refuse(response, 403, "SignatureDoesNotMatch");
  }
  const [, bucket, ...parts] = url.pathname.split("/").map(decodeURIComponent);
  if (bucket !== BUCKET) return refuse(response, 404, "NoSuchBucket");
  const key = stored(parts.join("/"));
  if (key === "") return await list(store, url.searchParams, response);
  if (request.method === "PUT") {
    const isFree = options.ignoresConditions ||
      request.headers["if-none-match"] !== "*";
    if (isFree) await store.remove(key);
    const id = String(request.headers["x-amz-meta-id"]);
    const made = await store.create(key, body, { id });
    return made === "exists" && !isFree
      ? refuse(response, 412, "PreconditionFailed")
      : void response.writeHead(200).end();
  }
  if (request.method === "DELETE") {
    await store.remove(key);
    return void response.writeHead(204).end();
  }
  await read(store, key, request, response);
}

async function read(
  store: ObjectStore,
  key: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [, from, last] =
    /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
  const range = from === undefined
    ? undefined
    : { from: Number(from), to: Number(last) + 1 };
  const found = await store.get(key, { range });
  if (found === undefined) return refuse(response, 404, "NoSuchKey");
  const { bytes, size, id } = found;
  response.writeHead(range ? 206 : 200, {
    "content-length": bytes.length,
    ...(range && {
      "content-range": `bytes ${from}-${range.from + bytes.length - 1}/${size}`,
    }),
    ...(id !== undefined && { "x-amz-meta-id": id }),
  });
  if (request.method === "HEAD") response.end();
  else response.end(bytes);
}

async function list(
  store: ObjectStore,
  query: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  const { objects, isTruncated } = await store.list({
    prefix: stored(query.get("prefix")!),
    after: stored(query.get("start-after") ?? ""),
    limit: Number(query.get("max-keys")),
  });
  const contents = objects.map(({ key, size }) =>
    `<Contents><Key>${
      encodeURIComponent(shown(key))
    }</Key><ETag>&quot;1&quot;</ETag><Size>${size}</Size></Contents>`
  );
  response.writeHead(200, { "content-type": "application/xml" }).end(
    `<?xml version="1.0" encoding="UTF-8"?>\n` +
      `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">` +
      `<Name>${BUCKET}</Name><EncodingType>url</EncodingType>` +
      `<IsTruncated>${isTruncated}</IsTruncated>${contents.join("")}` +
      `</ListBucketResult>`,
  );
}

/** A key without the characters that no key of a log has, but prefixes may. */
function stored(key: string): string {
  return key.replace(
    /[^\w./-]/gu,
    (sign) => `_.${sign.codePointAt(0)!.toString(16)}._`,
  );
}

function shown(key: string): string {
  return key.replace(
    /_\.([\da-f]+)\._/g,
    (_, hex) => String.fromCodePoint(parseInt(hex, 16)),
  );
}

/** Signs the request again, and compares. */
async function isSigned(
  request: IncomingMessage,
  url: URL,
  body: Uint8Array,
): Promise<boolean> {
  const { authorization = "", ...headers } = request.headers;
  const names = /SignedHeaders=([^,]*)/.exec(authorization)?.[1] ?? "";
  const signed = names.split(";").filter((name) => name !== "host")
    .map((name) => [name, String(headers[name])]);
  const signer = new AwsV4Signer({
    ...CREDENTIALS,
    url: url.href,
    method: request.method!,
    headers: Object.fromEntries(signed),
    datetime: String(headers["x-amz-date"]),
    region: "test-region",
    service: "s3",
  });
  const hash = createHash("sha256").update(body).digest("hex");
  return headers["x-amz-content-sha256"] === hash &&
    names.includes("x-amz-content-sha256") &&
    await signer.authHeader() === authorization;
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { "x-amz-request-id": "R1" }).end(
    `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code>` +
      `<Message>no</Message><RequestId>R1</RequestId></Error>`,
  );
}
