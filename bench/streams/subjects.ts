import { StreamStore } from "../../docs/examples/durable-streams/stream_store.ts";
import { loadPackage } from "../packages.ts";

/** Whose server, or store, is measured. */
export type SubjectName = "reference" | "syncline";

/** The media type of all streams. */
export const CONTENT_TYPE = "application/octet-stream";

/** A store of streams. */
export interface Subject {
  create(path: string): Promise<unknown>;
  /** Resolves when the message is on disk. */
  append(path: string, data: Uint8Array): Promise<unknown>;
  close(): Promise<void>;
}

interface AppendOptions {
  readonly contentType: string;
}

/** The file store of `@durable-streams/server`. */
interface ReferenceStore {
  create(path: string, options: AppendOptions): Promise<unknown>;
  append(
    path: string,
    data: Uint8Array,
    options: AppendOptions,
  ): Promise<unknown>;
  close(): Promise<void>;
}

/** The parts of that package that are used here. */
interface ReferencePackage {
  readonly FileBackedStreamStore: new (options: {
    readonly dataDir: string;
    readonly maxFileHandles: number;
  }) => ReferenceStore;
  readonly DurableStreamTestServer: new (options: {
    readonly port: number;
  }) => { store: unknown; start(): Promise<string> };
}

const reference = () =>
  loadPackage<ReferencePackage>("@durable-streams/server");

/**
 * The reference's store. By default it keeps 100 files open, and an append
 * whose file is closed meanwhile fails with "not found", a 404 of its server.
 */
function openReference(dataDir: string, streams: number): ReferenceStore {
  const { FileBackedStreamStore } = reference();
  return new FileBackedStreamStore({ dataDir, maxFileHandles: 2 * streams });
}

/** Starts the reference's server on that store; returns its port. */
export async function serveReference(
  directory: string,
  streams: number,
): Promise<number> {
  const { DurableStreamTestServer } = reference();
  const server = new DurableStreamTestServer({ port: 0 });
  server.store = openReference(directory, streams);
  return Number(new URL(await server.start()).port);
}

/** Opens a store in an empty directory. */
export async function openSubject(
  name: SubjectName,
  directory: string,
  streams: number,
): Promise<Subject> {
  if (name === "reference") {
    const store = openReference(directory, streams);
    const options = { contentType: CONTENT_TYPE };
    return {
      create: (path) => store.create(path, options),
      append: (path, data) => store.append(path, data, options),
      close: () => store.close(),
    };
  }
  const store = await StreamStore.open(directory);
  const request = { contentType: CONTENT_TYPE, closes: false };
  const body = new Uint8Array(0);
  return {
    create: (path) =>
      store.create({ path, contentType: CONTENT_TYPE, isClosed: false, body }),
    append: (path, data) => store.append(path, { ...request, body: data }),
    close: () => store.close(),
  };
}
