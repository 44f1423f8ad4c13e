import type { Mutant } from "./mutant.ts";

/** A test of the source of readers, by the end of its name. */
function source(name: string): Mutant["caughtBy"] {
  return { file: "tests/reader/engine_source_test.ts", name };
}

/** A test of cursors without files. */
function stored(name: string): Mutant["caughtBy"] {
  return { file: "tests/reader/cursors/stored_cursors_test.ts", name };
}

/** A test of what is examined of a log on object storage. */
function examined(name: string): Mutant["caughtBy"] {
  return { file: "tests/storage/s3/log/examine_objects_test.ts", name };
}

/** A test of the command line on object storage. */
function tool(name: string): Mutant["caughtBy"] {
  return { file: "tests/cli/object_storage_test.ts", name };
}

/** A test of logs that are opened in engines. */
function opened(name: string): Mutant["caughtBy"] {
  return { file: "tests/log/open_engine_test.ts", name };
}

/** Bugs of logs in engines, and of the tools for them. */
export const engineMutants: readonly Mutant[] = [
  {
    name: "displaces the owner in an engine though told not to",
    edits: [{
      file: "log/open_engine.ts",
      find:
        '["takeOver", "true or absent because an engine always takes over", true],',
      replace: "",
    }],
    caughtBy: opened(
      "Wal.open() refuses takeOver: false before it displaces an engine's owner",
    ),
  },
  {
    name: "displaces the owner in an engine and then refuses an archive",
    edits: [{
      file: "log/open_engine.ts",
      find:
        'if (given.archive !== undefined) requireFiles("archive", undefined);',
      replace: "",
    }],
    caughtBy: opened(
      "Wal.open() refuses what needs files before it displaces an engine's owner",
    ),
  },
  {
    name: "forgets the bytes that a flush should gather in an engine",
    edits: [{
      file: "log/choose_policy.ts",
      find: "`age:${limitMs},bytes:${limitBytes}`",
      replace: "`age:${limitMs}`",
    }],
    caughtBy: opened(
      "Wal.open() flushes as the frame log's batching says, unless a policy is named",
    ),
  },
  {
    name: "never tells followers that an engine cannot be looked at",
    edits: [{
      file: "reader/engine_source.ts",
      find:
        "return isFact || this.#clock.now() - this.#failingSince! >= GIVE_UP_MS;",
      replace: "return isFact;",
    }],
    caughtBy: source(
      "EngineSource ends after a minute of failures, until a look succeeds",
    ),
  },
  {
    name: "ends followers of an engine at the first failure",
    edits: [{
      file: "reader/engine_source.ts",
      find: ">= GIVE_UP_MS",
      replace: ">= 0",
    }],
    caughtBy: source(
      "EngineSource goes on looking after failures, more and more rarely",
    ),
  },
  {
    name: "takes a look that began earlier for one that shows all",
    edits: [{
      file: "reader/engine_source.ts",
      find: "if (this.#looking === undefined) return this.#begin();",
      replace: "return this.#looking ?? this.#begin();",
    }],
    caughtBy: source(
      "EngineSource.refresh() makes one look after the one in progress, for all callers",
    ),
  },
  {
    name: "looks at an engine although nobody follows it any more",
    edits: [{
      file: "reader/engine_source.ts",
      find: "if (this.#wakes.size === 0) this.#stop();",
      replace: "",
    }, {
      file: "reader/engine_source.ts",
      find: 'if (this.#wakes.size === 0 || this.#end === "closed") return;',
      replace: 'if (this.#end === "closed") return;',
    }],
    caughtBy: source(
      "EngineSource looks every pollMs while somebody waits, and not otherwise",
    ),
  },
  {
    name: "undoes the commit of another consumer in an engine",
    edits: [{
      file: "reader/cursors/stored_cursors.ts",
      find: "if (isMine) continue;",
      replace: "if (newest !== undefined) continue;",
    }],
    caughtBy: stored(
      "Cursor.commit() rejects if another consumer of an engine has committed",
    ),
  },
  {
    name: "takes its own commit for that of another consumer in an engine",
    edits: [{
      file: "reader/cursors/stored_cursors.ts",
      find: "if (isMine) continue;",
      replace: "",
    }],
    caughtBy: stored(
      "Cursor.commit() can be tried again after a failure in an engine that was none",
    ),
  },
  {
    name: "goes on with a cursor of another log in an engine",
    edits: [{
      file: "reader/cursors/stored_cursors.ts",
      find: "if (newest === undefined || newest.log === log) return newest;",
      replace: "return newest;",
    }],
    caughtBy: stored(
      "Wal.cursor() refuses a cursor of another log in the place of an engine",
    ),
  },
  {
    name: "drops what cursors of an engine need",
    edits: [{
      file: "reader/cursors/stored_cursors.ts",
      find: "return this.#store.list();",
      replace: "return Promise.resolve([]);",
    }],
    caughtBy: stored(
      "Wal.truncateBefore() keeps what cursors of an engine need",
    ),
  },
  {
    name: "verifies slots of an object log without the rule",
    edits: [{
      file: "storage/s3/log/examine_objects.ts",
      find: "this.#damage(key, verdict.reason);",
      replace: "",
    }],
    caughtBy: examined("examineObjects() finds an owner that left records out"),
  },
  {
    name: "verifies an object log without slots that are missing",
    edits: [{
      file: "storage/s3/log/examine_objects.ts",
      find: "this.#miss(slotKey(missing));",
      replace: "",
    }],
    caughtBy: tool(
      "verify --storage names each object that is missing, but for the last one",
    ),
  },
  {
    name: "takes what was removed during a look for damage",
    edits: [{
      file: "storage/s3/log/examine_objects.ts",
      find: "const LOOKS = 3;",
      replace: "const LOOKS = 1;",
    }],
    caughtBy: examined(
      "examineObjects() looks again if objects were removed meanwhile",
    ),
  },
  {
    name: "verifies compacted objects by their keys alone",
    edits: [{
      file: "storage/s3/log/examine_objects.ts",
      find: "this.#readParts(range, bytes, run, fail);",
      replace: "",
    }],
    caughtBy: tool(
      "verify --storage checks all of a compacted object, and where it lies",
    ),
  },
];
