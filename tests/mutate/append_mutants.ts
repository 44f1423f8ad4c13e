import type { Mutant } from "./mutant.ts";

const SIGNAL = "tests/writer/append_signal_test.ts";

/** The model of appends that are aborted or expect an LSN. */
const model: Mutant["caughtBy"] = {
  file: "tests/writer/append_model_test.ts",
  name: "append() keeps its word in a tiny queue",
};

/** The crash test of imports. */
const imported: Mutant["caughtBy"] = {
  file: "tests/cli/jsonl/record_importer_test.ts",
  name:
    "RecordImporter loses nothing that it says is durable, whatever a crash leaves",
};

/**
 * Bugs of appends that expect an LSN, are aborted, come in pieces, or are
 * imported.
 */
export const appendMutants: readonly Mutant[] = [
  {
    name: "appends although another LSN is next",
    edits: [{
      file: "writer/append_queue.ts",
      find: "    if (conflict !== undefined) throw conflict;\n",
      replace: "",
    }],
    caughtBy: model,
  },
  {
    name: "does not judge what is expected after a wait for room",
    edits: [{
      file: "writer/append_queue.ts",
      find: "isAborted || conflict !== undefined;",
      replace: "isAborted;",
    }, {
      file: "writer/append_queue.ts",
      find: "else if (conflict !== undefined) next.reject(conflict);\n",
      replace: "",
    }],
    caughtBy: model,
  },
  {
    name: "judges what is expected by the last record in place of the next",
    edits: [{
      file: "writer/append_queue.ts",
      find: "const next = this.queue.lastLsn + 1;",
      replace: "const next = this.queue.lastLsn;",
    }],
    caughtBy: {
      file: "tests/writer/append_model_test.ts",
      name:
        "append() with expect conflicts exactly if it would get another LSN",
    },
  },
  {
    name: "appends what was aborted while it waited for room",
    edits: [{
      file: "writer/append_queue.ts",
      find: "waiting.unwatch = onAbort(signal, () => this.#withdraw(waiting));",
      replace: "void onAbort;",
    }, {
      file: "writer/append_queue.ts",
      find: "const isAborted = signal?.aborted ?? false;",
      replace: "const isAborted = false;",
    }],
    caughtBy: {
      file: SIGNAL,
      name: "append() that waits for room is withdrawn by an abort",
    },
  },
  {
    name: "gives the room of one aborted append to another one",
    edits: [{
      file: "writer/append_queue.ts",
      find: "const isAborted = signal?.aborted ?? false;",
      replace: "const isAborted = false;",
    }],
    caughtBy: {
      file: SIGNAL,
      name: "append() gives no room of an aborted one to another of its signal",
    },
  },
  {
    name: "keeps the room of an aborted append",
    edits: [{
      file: "writer/append_queue.ts",
      find:
        "waiting.reject(waiting.request.signal?.reason);\n    this.#admit();",
      replace: "waiting.reject(waiting.request.signal?.reason);",
    }],
    caughtBy: {
      file: SIGNAL,
      name: "append() gives the room of an aborted one to those after it",
    },
  },
  {
    name: "acknowledges an append that waited for room after a later one",
    edits: [{
      file: "writer/append_queue.ts",
      find: "waiting.onPlaced = (lsn) => placed(lsn, { resolve, reject });",
      replace: "waiting.onPlaced = (lsn) => resolve(new Promise((resolve, " +
        "reject) => placed(lsn, { resolve, reject })));",
    }],
    caughtBy: {
      file: "tests/writer/append_queue_test.ts",
      name: "append() is acknowledged in LSN order, even if it waited for room",
    },
  },
  {
    name: "keeps a listener for each append that waited for room",
    edits: [{
      file: "writer/backpressure.ts",
      find: "    waiting.unwatch?.();\n",
      replace: "",
    }],
    caughtBy: model,
  },
  {
    name: "keeps a listener for each append",
    edits: [{
      file: "writer/acks.ts",
      find: "      unwatch();\n",
      replace: "",
    }],
    caughtBy: model,
  },
  {
    name: "withdraws a record that has a place, and says that it never appears",
    edits: [{
      file: "writer/acks.ts",
      find: "error: () => new AppendAbortedError(first, signal.reason),",
      replace: "error: () => signal.reason ?? first,",
    }],
    caughtBy: model,
  },
  {
    name: "flushes without those that wait for room before one that is aborted",
    edits: [{
      file: "writer/backpressure.ts",
      find: "      if (next.order > last) return;\n      await next.ended",
      replace: "      if (next.order > last) return;\n" +
        "      await (next = this.#last!).ended",
    }, {
      file: "writer/backpressure.ts",
      find: ".catch(() => {});\n    }\n  }\n\n  /** Takes",
      replace: ".catch(() => {});\n      return;\n    }\n  }\n\n  /** Takes",
    }],
    caughtBy: {
      file: SIGNAL,
      name: "flush() waits for those in line, whichever of them is aborted",
    },
  },
  {
    name: "counts on aborted calls to report that records were dropped",
    edits: [{
      file: "writer/acks.ts",
      find: "return count - this.#unheard;",
      replace: "return count;",
    }],
    caughtBy: {
      file: SIGNAL,
      name: "enqueue() reports a drop of which only aborted calls knew",
    },
  },
  {
    name: "goes on with a read after a record that does not decode",
    edits: [{
      file: "reader/record_reader.ts",
      find: "return this.end().then(() => Promise.reject(error));",
      replace: "throw error;",
    }],
    caughtBy: {
      file: "tests/codec/codec_test.ts",
      name: "read() ends after what does not decode, and can go on from there",
    },
  },
  {
    name: "waits for an ack before a stream takes the next record",
    edits: [{
      file: "writer/record_sink.ts",
      find: "const placed = this.#target.placed();",
      replace: "const placed = acked.then(() => {});",
    }],
    caughtBy: {
      file: "tests/writer/record_sink_test.ts",
      name: "writable() writes what is piped to it, many in a flush",
    },
  },
  {
    name: "closes a stream before its records are acknowledged",
    edits: [{
      file: "writer/record_sink.ts",
      find: "    await this.#acked;\n",
      replace: "",
    }],
    caughtBy: {
      file: "tests/writer/record_sink_test.ts",
      name: "writable() closes when all has reached its level",
    },
  },
  {
    name: "writes each piece of a record over the one before",
    edits: [{
      file: "writer/record.ts",
      find: "      into.set(piece, end);",
      replace: "      into.set(piece, at);",
    }],
    caughtBy: {
      file: "tests/writer/record_test.ts",
      name: "encodeRecord() writes pieces one after the other",
    },
  },
  {
    name: "an import acknowledges what is not synced",
    edits: [{
      file: "cli/jsonl/record_importer.ts",
      find: "      await this.#log.sync();\n",
      replace: "",
    }],
    caughtBy: imported,
  },
  {
    name: "leaves out lost records without a hole on storage",
    edits: [{
      file: "storage/segments/segment_log.ts",
      find: "this.lastLsn + 1, this.#end.hole(lost)",
      replace: "this.lastLsn + 1",
    }],
    caughtBy: imported,
  },
];
