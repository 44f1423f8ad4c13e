import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { pathToFileURL } from "node:url";

const docs = new URL("../../../docs/", import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".js": "text/javascript",
  ".svg": "image/svg+xml",
};

/** A server of `docs/`, as plain as one can be. */
export interface DocsServer {
  /** Where the playground is. */
  readonly url: string;
  /** The paths that were requested, in order. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/**
 * Serves the files of a folder on this machine, on a free port: of `docs/`,
 * unless another one is given.
 */
export async function serveDocs(folder?: string): Promise<DocsServer> {
  const top = folder === undefined ? docs : pathToFileURL(`${folder}/`);
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    asked.push(path);
    const type = TYPES[extname(path)] ?? "text/html";
    try {
      const bytes = readFileSync(new URL(`.${path}`, top));
      response.setHeader("content-type", type).end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/playground/index.html`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
