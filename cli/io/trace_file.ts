import { closeSync, createReadStream, openSync, writeSync } from "node:fs";
import { loadTrace, type Trace } from "../../simulator/load_trace.ts";
import { StorageError } from "../../storage/storage_error.ts";
import type { TraceOptions } from "../../trace/trace_recorder.ts";

/** Creates the file `path`, which must not exist, for a trace. */
export function openTraceFile(path: string): TraceOptions & { close(): void } {
  const file = attempt("create", path, () => openSync(path, "wx"));
  return {
    write(lines) {
      const bytes = new TextEncoder().encode(lines);
      for (let at = 0; at < bytes.length;) {
        at += attempt("write to", path, () => writeSync(file, bytes, at));
      }
    },
    close: () => closeSync(file),
  };
}

/** Reads the trace in the file `path`. */
export async function readTraceFile(path: string): Promise<Trace> {
  const stream = createReadStream(path);
  try {
    return await loadTrace(stream);
  } catch (error) {
    const isSystem = (error as { code?: unknown }).code !== undefined;
    throw isSystem ? StorageError.wrap("read", path, error) : error;
  } finally {
    stream.destroy();
  }
}

function attempt<T>(action: string, path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw StorageError.wrap(action, path, error);
  }
}
