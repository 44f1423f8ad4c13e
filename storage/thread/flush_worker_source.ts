// Built by `deno task thread`: do not edit.
/** What a flush thread runs: flush_worker.ts and what it imports. */
export const FLUSH_WORKER: string = `(() => {
  // builtin.ts
  function builtin(name) {
    const { process } = globalThis;
    return process?.getBuiltinModule?.(name);
  }

  // storage/directory/builtins.ts
  var fs = /* @__PURE__ */ builtin("node:fs");

  // storage/storage_error.ts
  var StorageError = class _StorageError extends Error {
    /** Creates the error; adapters pass the runtime's error as \`cause\`. */
    constructor(message, path, code, options) {
      super(message, options);
      this.path = path;
      this.code = code;
    }
    path;
    code;
    /** The class's name. */
    name = "StorageError";
    /** Wraps the error of a system call on \`path\`. */
    static wrap(action, path, cause) {
      if (cause instanceof _StorageError) return cause;
      const { code, message } = cause;
      const word = typeof code === "string" ? code : "";
      const reason = REASONS[word] ?? String(message ?? cause);
      return new _StorageError(
        \`Cannot \${action} "\${path}" because \${reason}\${word && \` (\${word})\`}\`,
        path,
        word,
        { cause }
      );
    }
  };
  var REASONS = {
    EACCES: "permission is denied",
    EPERM: "permission is denied",
    EROFS: "the file system is read-only",
    EEXIST: "it already exists",
    EISDIR: "it is a directory",
    EIO: "the device failed",
    EMFILE: "too many files are open",
    ENOENT: "it does not exist",
    ENOSPC: "no space is left on the device",
    EDQUOT: "the disk quota is used up",
    ENOTDIR: "it is not a directory"
  };

  // storage/directory/lock_proof.ts
  function isLockHeld({ path, file }, stat = () => void 0) {
    try {
      const found = typeof file.ino === "bigint" ? fs.statSync(path, { bigint: true }) : stat(path) ?? fs.statSync(path);
      return isSameFile(found, file);
    } catch (error) {
      if (isMissing(error)) return false;
      throw StorageError.wrap("check", path, error);
    }
  }
  function isSameFile(one, other) {
    return one.ino === other.ino && one.dev === other.dev;
  }
  function isMissing(error) {
    const { code } = error;
    return code === "ENOENT" || code === "ENOTDIR";
  }

  // storage/directory/node_file.ts
  var NodeFile = class {
    #path;
    /** None once it is closed: its number may soon be another file's. */
    #descriptor;
    /** Absent if all syncs block. */
    #routing;
    /** Takes an open descriptor of the file at \`path\`. */
    constructor(path, descriptor, routing) {
      this.#path = path;
      this.#descriptor = descriptor;
      this.#routing = routing;
    }
    write(bytes, offset) {
      try {
        return fs.writeSync(this.#descriptor, bytes, 0, bytes.length, offset);
      } catch (error) {
        throw StorageError.wrap("write to", this.#path, error);
      }
    }
    read(into, offset) {
      try {
        return fs.readSync(this.#descriptor, into, 0, into.length, offset);
      } catch (error) {
        throw StorageError.wrap("read", this.#path, error);
      }
    }
    size() {
      try {
        return fs.fstatSync(this.#descriptor).size;
      } catch (error) {
        throw StorageError.wrap("get the size of", this.#path, error);
      }
    }
    links() {
      try {
        return fs.fstatSync(this.#descriptor).nlink;
      } catch (error) {
        throw StorageError.wrap("count the links of", this.#path, error);
      }
    }
    /** Its device and inode, as doubles. */
    identity() {
      try {
        const { dev, ino } = fs.fstatSync(this.#descriptor);
        return \`\${dev}:\${ino}\`;
      } catch (error) {
        throw StorageError.wrap("identify", this.#path, error);
      }
    }
    datasync() {
      const routing = this.#routing;
      if (routing === void 0) return this.datasyncSync();
      const startedAt = performance.now();
      if (routing.isThreaded) return this.#datasyncThreaded(startedAt, routing);
      this.datasyncSync();
      routing.observe(performance.now() - startedAt);
    }
    datasyncSync() {
      try {
        fs.fdatasyncSync(this.#descriptor);
      } catch (error) {
        throw StorageError.wrap("sync", this.#path, error);
      }
    }
    truncate(size) {
      try {
        fs.ftruncateSync(this.#descriptor, size);
      } catch (error) {
        throw StorageError.wrap("truncate", this.#path, error);
      }
    }
    close() {
      const descriptor = this.#descriptor;
      this.#descriptor = -1;
      try {
        fs.closeSync(descriptor);
      } catch (error) {
        throw StorageError.wrap("close", this.#path, error);
      }
    }
    #datasyncThreaded(startedAt, routing) {
      return new Promise((resolve, reject) => {
        fs.fdatasync(this.#descriptor, (error) => {
          routing.observe(performance.now() - startedAt);
          if (error === null || error === void 0) resolve();
          else reject(StorageError.wrap("sync", this.#path, error));
        });
      });
    }
  };

  // storage/segments/zeros_ahead.ts
  var MOST_BYTES = 1536 * 1024;
  var MOST_BYTES_OF_LARGE = 768 * 1024;
  var SMALL_BYTES = 16 * 1024;
  var LEAST_FRAMES = 2;
  var ZerosAhead = class {
    #writtenBytes = 0;
    /** The last staged frame, and zeros from there on. */
    #staged = new Uint8Array();
    #stagedFrame = 0;
    /** Counts a frame of \`bytes\` that was written. */
    count(bytes) {
      this.#writtenBytes += bytes;
    }
    /** How many zeros follow a frame of \`bytes\`, if there is room for \`most\`. */
    after(bytes, most) {
      const total = bytes > SMALL_BYTES ? MOST_BYTES_OF_LARGE : MOST_BYTES;
      const zeros = Math.min(this.#writtenBytes, most, total - bytes);
      return zeros < LEAST_FRAMES * bytes ? 0 : zeros;
    }
    /** Lays out \`frame\` and the zeros; valid until the next call. */
    stage(frame, zeros) {
      const bytes = frame.length + zeros;
      if (bytes > this.#staged.length) {
        this.#staged = new Uint8Array(Math.max(bytes, 2 * this.#staged.length));
        this.#stagedFrame = 0;
      }
      this.#staged.set(frame);
      this.#staged.fill(0, frame.length, this.#stagedFrame);
      this.#stagedFrame = frame.length;
      return this.#staged.subarray(0, bytes);
    }
  };

  // invariant.ts
  function invariant(condition, breach) {
    if (!condition) throw new Error(\`Invariant breached: \${breach}\`);
  }

  // storage/format/crc32.ts
  var native = nativeCrc32();
  var NATIVE_BYTES = 192;
  function crc32Of(view, start, end) {
    if (native === void 0 || end - start < NATIVE_BYTES) {
      return crc32Between(view, start, end, 0);
    }
    const { buffer, byteOffset } = view;
    return native(new Uint8Array(buffer, byteOffset + start, end - start));
  }
  var STEP = 16;
  var TABLES = makeTables();
  function crc32Between(view, start, end, seed) {
    const t = TABLES;
    let crc = ~seed;
    let at = start;
    for (const last = end - STEP; at <= last; at += STEP) {
      const a = crc ^ view.getInt32(at, true);
      const b = view.getInt32(at + 4, true);
      const c = view.getInt32(at + 8, true);
      const d = view.getInt32(at + 12, true);
      crc = t[3840 | a & 255] ^ t[3584 | a >>> 8 & 255] ^ t[3328 | a >>> 16 & 255] ^ t[3072 | a >>> 24] ^ t[2816 | b & 255] ^ t[2560 | b >>> 8 & 255] ^ t[2304 | b >>> 16 & 255] ^ t[2048 | b >>> 24] ^ t[1792 | c & 255] ^ t[1536 | c >>> 8 & 255] ^ t[1280 | c >>> 16 & 255] ^ t[1024 | c >>> 24] ^ t[768 | d & 255] ^ t[512 | d >>> 8 & 255] ^ t[256 | d >>> 16 & 255] ^ t[d >>> 24];
    }
    for (; at < end; at++) crc = crc >>> 8 ^ t[(crc ^ view.getUint8(at)) & 255];
    return ~crc >>> 0;
  }
  function makeTables() {
    const tables = new Int32Array(STEP * 256);
    for (let byte = 0; byte < 256; byte++) {
      let crc = byte;
      for (let bit = 0; bit < 8; bit++) {
        crc = crc & 1 ? crc >>> 1 ^ 3988292384 : crc >>> 1;
      }
      tables[byte] = crc;
    }
    for (let index = 256; index < tables.length; index++) {
      const before = tables[index - 256];
      tables[index] = before >>> 8 ^ tables[before & 255];
    }
    return tables;
  }
  function nativeCrc32() {
    const native2 = builtin("node:zlib")?.crc32;
    if (native2 === void 0) return void 0;
    return (bytes, seed = 0) => bytes.length === 0 ? seed : native2(bytes, seed);
  }

  // storage/format/frame.ts
  var FRAME_HEADER_BYTES = 48;
  var CHECKED_FROM = 8;
  var MAX_FRAME_TIME = 2 ** 48 - 1;
  var MAX_FRAME_BYTES = 64 * 1024 * 1024;
  var FRAME_MAGIC = 826690643;
  function frameBytes(length) {
    return FRAME_HEADER_BYTES + length + 7 & ~7;
  }
  function encodeFrame(bytes, header) {
    invariant(header.length <= MAX_FRAME_BYTES, "a frame that no reader accepts");
    const end = frameBytes(header.length);
    const view = new DataView(bytes.buffer, bytes.byteOffset, end);
    bytes.fill(0, FRAME_HEADER_BYTES + header.length, end);
    view.setUint32(0, FRAME_MAGIC, true);
    view.setUint32(8, header.salt, true);
    view.setUint32(12, header.previous, true);
    setUint64(view, 16, header.firstLsn);
    setUint64(view, 24, header.syncedLsn);
    view.setUint32(32, header.count, true);
    view.setUint32(36, header.length, true);
    view.setUint32(40, header.time >>> 0, true);
    view.setUint16(44, Math.floor(header.time / 2 ** 32), true);
    view.setUint8(46, header.kind);
    view.setUint8(47, header.flags ?? 0);
    const checksum = crc32Of(view, CHECKED_FROM, end);
    view.setUint32(4, checksum, true);
    return checksum;
  }
  function setUint64(view, at, value) {
    view.setUint32(at, value >>> 0, true);
    view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
  }

  // storage/storage.ts
  function writeAll(file, bytes, offset) {
    const written = file.write(bytes, offset);
    if (typeof written === "number") {
      return continueWrite(file, bytes, offset, written);
    }
    return written.then((count) => continueWrite(file, bytes, offset, count));
  }
  function continueWrite(file, bytes, offset, written) {
    if (written === bytes.length) return;
    if (!(written > 0 && written < bytes.length)) {
      throw new Error(
        \`Cannot write \${bytes.length} bytes at offset \${offset} because the storage reports that it wrote \${written}\`
      );
    }
    return writeAll(file, bytes.subarray(written), offset + written);
  }

  // storage/thread/frame_thread.ts
  var STAGE = {
    none: 0,
    handed: 1,
    writing: 2,
    written: 3,
    syncing: 4,
    synced: 5,
    done: 6,
    failed: 7,
    withdrawn: 8
  };

  // storage/thread/commit_frame.ts
  async function commitFrame({ target, frame, sync }, place, reach) {
    const outcome = { checksum: 0, writeMs: 0, syncMs: 0, isHeld: false };
    let at = STAGE.handed;
    const begin = (stage) => reach(at = stage);
    try {
      const file = await place.open(target);
      if (frame !== void 0) {
        if (!begin(STAGE.writing)) return void 0;
        const startedAt = place.now();
        const { buffer, header, offset, zeros } = frame;
        outcome.checksum = encodeFrame(buffer, header);
        const bytes = buffer.subarray(0, frameBytes(header.length));
        const whole = zeros > 0 ? place.zeros.stage(bytes, zeros) : bytes;
        await writeAll(file, whole, offset);
        outcome.writeMs = place.now() - startedAt;
        if (!reach(STAGE.written)) return void 0;
      }
      if (sync) {
        if (!begin(STAGE.syncing)) return void 0;
        const startedAt = place.now();
        await file.datasync();
        outcome.syncMs = place.now() - startedAt;
        if (!reach(STAGE.synced)) return void 0;
      }
      at = STAGE.synced;
      return { ...outcome, isHeld: await place.isHeld(target) };
    } catch (error) {
      return { ...outcome, failure: { at, error } };
    }
  }

  // storage/thread/thread_memory.ts
  var WORD = {
    /** Rises with every request; the thread sleeps on it. */
    bell: 0,
    stage: 1,
    timer: 2,
    stop: 3,
    /** Number of the memory that the frame is in. */
    slot: 4,
    /** Number of the target. */
    target: 5,
    hasFrame: 6,
    sync: 7,
    isHeld: 8,
    /** The system's id of the thread; 0 if unknown. */
    threadId: 9,
    /** The stage at which the task has failed. */
    failedAt: 10,
    /** Length of the text that says why. */
    textUnits: 11
  };
  var DOUBLE = {
    salt: 0,
    previous: 1,
    firstLsn: 2,
    syncedLsn: 3,
    count: 4,
    length: 5,
    time: 6,
    kind: 7,
    flags: 8,
    offset: 9,
    zeros: 10,
    timerMs: 11,
    checksum: 12,
    writeMs: 13,
    syncMs: 14
  };
  var WORDS_BYTES = 64;
  var DOUBLES_BYTES = 16 * 8;
  var TEXT_UNITS = 16 * 1024;
  var MEMORY_BYTES = WORDS_BYTES + DOUBLES_BYTES + 2 * TEXT_UNITS;
  var BUSY = [STAGE.writing, STAGE.syncing];
  var ThreadMemory = class {
    /** The memory itself, to be posted to the thread. */
    buffer;
    #words;
    #doubles;
    #text;
    /** Makes new memory, or shows what was received. */
    constructor(buffer = new SharedArrayBuffer(MEMORY_BYTES)) {
      this.buffer = buffer;
      this.#words = new Int32Array(buffer, 0, WORDS_BYTES / 4);
      this.#doubles = new Float64Array(buffer, WORDS_BYTES, DOUBLES_BYTES / 8);
      this.#text = new Uint16Array(buffer, WORDS_BYTES + DOUBLES_BYTES);
    }
    /** How far the task has got. */
    get stage() {
      return Atomics.load(this.#words, WORD.stage);
    }
    /** Reads a word. */
    word(name) {
      return Atomics.load(this.#words, WORD[name]);
    }
    /** Writes a word. */
    setWord(name, value) {
      Atomics.store(this.#words, WORD[name], value);
    }
    /** Reads a double. */
    double(name) {
      return this.#doubles[DOUBLE[name]];
    }
    /** Writes a double, to be read after a word says so. */
    setDouble(name, value) {
      this.#doubles[DOUBLE[name]] = value;
    }
    /** The header of the frame to write. */
    get header() {
      const d = this.#doubles;
      return {
        salt: d[DOUBLE.salt],
        previous: d[DOUBLE.previous],
        firstLsn: d[DOUBLE.firstLsn],
        syncedLsn: d[DOUBLE.syncedLsn],
        count: d[DOUBLE.count],
        length: d[DOUBLE.length],
        time: d[DOUBLE.time],
        kind: d[DOUBLE.kind],
        flags: d[DOUBLE.flags]
      };
    }
    set header(header) {
      const d = this.#doubles;
      d[DOUBLE.salt] = header.salt;
      d[DOUBLE.previous] = header.previous;
      d[DOUBLE.firstLsn] = header.firstLsn;
      d[DOUBLE.syncedLsn] = header.syncedLsn;
      d[DOUBLE.count] = header.count;
      d[DOUBLE.length] = header.length;
      d[DOUBLE.time] = header.time;
      d[DOUBLE.kind] = header.kind;
      d[DOUBLE.flags] = header.flags ?? 0;
    }
    /**
     * Why the task has failed, to be read once its stage says so. No message
     * tells it, because that could be overtaken by the thread's end, or by the
     * next task.
     */
    get failure() {
      const units = this.#text.subarray(0, this.word("textUnits"));
      const text = Array.from(units, (unit) => String.fromCharCode(unit)).join(
        ""
      );
      const [code, path, ...message] = text.split("\\0");
      const at = this.word("failedAt");
      return { at, message: message.join("\\0"), path, code };
    }
    set failure({ at, message, path, code }) {
      const text = \`\${code}\\0\${path}\\0\${message}\`.slice(0, TEXT_UNITS);
      for (let index = 0; index < text.length; index++) {
        this.#text[index] = text.charCodeAt(index);
      }
      this.setWord("textUnits", text.length);
      this.setWord("failedAt", at);
    }
    /** Makes a task, a timer or the end known to the thread. */
    ring() {
      Atomics.add(this.#words, WORD.bell, 1);
      Atomics.notify(this.#words, WORD.bell);
    }
    /** Sleeps until the bell is no longer \`seen\`, or \`timeoutMs\` have passed. */
    sleep(seen, timeoutMs) {
      Atomics.wait(this.#words, WORD.bell, seen, timeoutMs);
    }
    /** Moves on to a stage; false if the task was withdrawn. */
    reach(stage) {
      for (; ; ) {
        const before = this.stage;
        if (before === STAGE.withdrawn) return false;
        const found = Atomics.compareExchange(
          this.#words,
          WORD.stage,
          before,
          stage
        );
        if (found === before) return true;
      }
    }
    /** Says that the task is done, or has failed, to whoever blocks. */
    finish(stage) {
      const isReached = this.reach(stage);
      Atomics.notify(this.#words, WORD.stage);
      return isReached;
    }
    /** Blocks while the task is at \`stage\`, for up to \`timeoutMs\`. */
    awaitStage(stage, timeoutMs) {
      Atomics.wait(this.#words, WORD.stage, stage, timeoutMs);
    }
    /**
     * Withdraws the task, so that the thread does nothing further of it; returns
     * what it did last, or \`undefined\` if it is in the middle of something.
     */
    withdraw() {
      for (; ; ) {
        const { stage } = this;
        if (BUSY.includes(stage)) return void 0;
        const found = Atomics.compareExchange(
          this.#words,
          WORD.stage,
          stage,
          STAGE.withdrawn
        );
        if (found === stage) return stage;
      }
    }
  };

  // storage/thread/flush_worker.ts
  var FlushWorker = class {
    zeros = new ZerosAhead();
    #memory;
    #port;
    #directory;
    #threads;
    #slot = new Uint8Array();
    #slotId = 0;
    #target;
    #targetId = 0;
    /** The file of the target, once it is open. */
    #file;
    constructor(threads2, start) {
      this.#threads = threads2;
      this.#memory = new ThreadMemory(start.memory);
      this.#port = start.port;
      this.#directory = start.directory;
    }
    now() {
      return performance.now();
    }
    /** Works until it is told to stop, or its task is withdrawn. */
    async run() {
      const memory = this.#memory;
      memory.setWord("threadId", threadId());
      this.#answer(0);
      let timer = 0;
      let deadline = Infinity;
      for (; ; ) {
        const bell = memory.word("bell");
        if (memory.stage === STAGE.handed) {
          if (!await this.#commit()) break;
          continue;
        }
        if (memory.word("stop") !== 0) break;
        if (memory.word("timer") !== timer) {
          timer = memory.word("timer");
          deadline = this.now() + memory.double("timerMs");
        }
        const leftMs = deadline - this.now();
        if (leftMs > 0) memory.sleep(bell, leftMs);
        else {
          deadline = Infinity;
          this.#answer(timer);
        }
      }
      this.#file?.close();
      this.#port.close();
    }
    /** Opens the file by its name, and makes sure that it is the log's. */
    open({ name, identity }) {
      if (this.#file !== void 0) return this.#file;
      const path = \`\${this.#directory}/\${name}\`;
      const file = new NodeFile(path, openFile(path));
      if (file.identity() !== identity) {
        file.close();
        const reason = "another file has its name";
        throw new StorageError(
          \`Cannot open "\${path}" because \${reason}\`,
          path,
          ""
        );
      }
      this.#file = file;
      return file;
    }
    isHeld({ proof }) {
      return isLockHeld(proof);
    }
    async #commit() {
      const memory = this.#memory;
      const reach = (stage) => memory.reach(stage);
      const outcome = await commitFrame(this.#task(), this, reach);
      if (outcome === void 0) return false;
      if (outcome.failure !== void 0) {
        this.#note(outcome.failure);
        return this.#finish(STAGE.failed);
      }
      memory.setDouble("checksum", outcome.checksum);
      memory.setDouble("writeMs", outcome.writeMs);
      memory.setDouble("syncMs", outcome.syncMs);
      memory.setWord("isHeld", outcome.isHeld ? 1 : 0);
      return this.#finish(STAGE.done);
    }
    #finish(stage) {
      const goesOn = this.#memory.finish(stage);
      this.#answer(0);
      return goesOn;
    }
    #note({ at, error }) {
      const { message, path = "", code = "" } = error;
      const text = message ?? String(error);
      this.#memory.failure = { at, message: text, path, code };
    }
    #task() {
      const memory = this.#memory;
      this.#receive();
      const frame = memory.word("hasFrame") === 0 ? void 0 : {
        buffer: this.#slot,
        header: memory.header,
        offset: memory.double("offset"),
        zeros: memory.double("zeros")
      };
      const sync = memory.word("sync") !== 0;
      return { target: this.#target, frame, sync };
    }
    /** Takes what was posted before the task, without a turn. */
    #receive() {
      const memory = this.#memory;
      while (this.#slotId !== memory.word("slot") || this.#targetId !== memory.word("target")) {
        const received = this.#threads.receiveMessageOnPort(this.#port);
        if (received === void 0) throw new Error("a message is missing");
        const message = received.message;
        if ("slot" in message) {
          this.#slot = new Uint8Array(message.slot);
          this.#slotId = message.id;
        } else {
          this.#target = message.target;
          this.#targetId = message.id;
          this.#file?.close();
          this.#file = void 0;
        }
      }
    }
    #answer(answer) {
      this.#port.postMessage(answer);
    }
  };
  function openFile(path) {
    try {
      return fs.openSync(path, "r+");
    } catch (error) {
      throw StorageError.wrap("open", path, error);
    }
  }
  function threadId() {
    try {
      const path = fs.readlinkSync("/proc/thread-self");
      return Number(path.slice(path.lastIndexOf("/") + 1)) || 0;
    } catch {
      return 0;
    }
  }
  var threads = builtin("node:worker_threads");
  if (!threads.isMainThread) {
    new FlushWorker(threads, threads.workerData).run();
  }
})();
`;
