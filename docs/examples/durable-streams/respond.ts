/** Headers of a response, by name. */
export type Headers = Readonly<Record<string, string>>;

/** Headers of every response. */
const COMMON: Headers = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Expose-Headers": "*",
  "Cross-Origin-Resource-Policy": "cross-origin",
  "X-Content-Type-Options": "nosniff",
};

/** A response with the headers of every response. */
export function respond(
  status: number,
  headers: Headers = {},
  body: string | Uint8Array<ArrayBuffer> | ReadableStream | null = null,
): Response {
  return new Response(body, { status, headers: { ...COMMON, ...headers } });
}
