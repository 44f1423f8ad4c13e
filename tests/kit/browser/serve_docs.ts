import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const docs = new URL("../../../docs/", import.meta.url);

/** A server of `docs/`, as plain as one can be. */
export interface DocsServer {
  /** Where the playground is. */
  readonly url: string;
  /** The paths that were requested, in order. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/** Serves the files of `docs/` on this machine, on a free port. */
export async function serveDocs(): Promise<DocsServer> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    asked.push(path);
    readFile(new URL(`.${path}`, docs)).then(
      (bytes) => response.setHeader("content-type", "text/html").end(bytes),
      () => response.writeHead(404).end(),
    );
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
