import type { Hono } from "hono";

/** A server that listens. */
export interface Listening {
  readonly port: number;
  /** Ends it and all its connections. */
  close(): Promise<void>;
}

/** The part of Bun that is used here. */
interface BunLike {
  serve(options: object): {
    readonly port: number;
    stop(closeConnections: boolean): Promise<void>;
  };
}

/** Serves `app` on this machine with what the runtime has for that. */
export async function serve(app: Hono, port: number): Promise<Listening> {
  const { Bun, Deno } = globalThis as {
    Bun?: BunLike;
    Deno?: typeof globalThis.Deno;
  };
  const hostname = "127.0.0.1";
  const { fetch } = app;
  if (Bun !== undefined) {
    // Idle is what a reader is that waits for the next message.
    const server = Bun.serve({ hostname, port, fetch, idleTimeout: 0 });
    return { port: server.port, close: () => server.stop(true) };
  }
  if (Deno !== undefined) {
    // Its shutdown() would wait for clients, however long they take.
    const ending = new AbortController();
    const { signal } = ending;
    const server = Deno.serve(
      { hostname, port, signal, onListen() {} },
      (request) => fetch(request),
    );
    return {
      port: (server.addr as Deno.NetAddr).port,
      close: () => {
        ending.abort();
        return server.finished;
      },
    };
  }
  const { serve } = await import("@hono/node-server");
  return await new Promise((resolve, reject) => {
    const server = serve({ hostname, port, fetch }, (address) =>
      resolve({
        port: address.port,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            if ("closeAllConnections" in server) server.closeAllConnections();
          }),
      }));
    server.on("error", reject);
  });
}
