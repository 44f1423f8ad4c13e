import { CRASH, full, type Mutant, normal } from "./mutant.ts";

/** Bugs of segments, manifests and frames. */
export const storageMutants: readonly Mutant[] = [
  {
    name: "forgets segments that were made while others were removed",
    edits: [{
      file: "storage/segments/segment_list.ts",
      find: "const pace = new Pace(turns);",
      replace: "const pace = new Pace(turns), before = this.#segments;",
    }, {
      file: "storage/segments/segment_list.ts",
      find: "this.#segments = this.#segments.filter(isKept);",
      replace: "this.#segments = before.filter(isKept);",
    }],
    caughtBy: {
      file: "tests/storage/segments/segment_log_turns_test.ts",
      name:
        "SegmentLog.truncateBefore() gives way to appends and reads, on a storage that answers at once",
    },
  },
  {
    name: "does not sync the directory after a segment is made",
    edits: [{
      file: "storage/segments/log_files.ts",
      find: "await storage.syncDirectory();\n  await removeQuietly",
      replace: "await removeQuietly",
    }],
    caughtBy: full,
  },
  {
    name: "does not sync a segment before it gets its name",
    edits: [{
      file: "storage/segments/log_files.ts",
      find: "await file.datasync();\n    return offset;",
      replace: "return offset;",
    }],
    caughtBy: full,
  },
  {
    name: "skips the frame's checksum",
    edits: [{
      file: "storage/format/frame.ts",
      find: "if (checksum !== actual) return fault(",
      replace: "if (checksum !== checksum) return fault(",
    }],
    caughtBy: full,
  },
  {
    name: "believes stale frames: neither salt nor link is compared",
    edits: [{
      file: "storage/segments/segment_cursor.ts",
      find:
        "return frame.salt === chain.salt && frame.previous === chain.previous &&\n    frame",
      replace: "return frame",
    }],
    caughtBy: {
      file: "tests/recovery/stale_frame_test.ts",
      name: "Wal.open() believes no stale frame that has the right LSN",
    },
  },
  {
    name: "does not cut a torn tail: reads on where the next segment begins",
    edits: [{
      file: "storage/segments/read_segments.ts",
      find: "const end = segments[index + 1]?.firstLsn ?? Infinity;",
      replace: "const end = Infinity;",
    }],
    caughtBy: normal,
  },
  {
    name: "begins a segment before the last one is synced",
    edits: [{
      file: "storage/segments/segment_log.ts",
      find: "if (!this.#end.isSynced) await this.sync();\n" +
        '    invariant(this.#end.isSynced, "a seal',
      replace: 'invariant(true, "a seal',
    }, {
      file: "storage/segments/segment_log.ts",
      find: "    await full.file.datasync();\n",
      replace: "",
    }],
    caughtBy: {
      file: CRASH,
      name:
        "Wal loses nothing acknowledged: unsynced frames across a rotation; posix",
    },
  },
  {
    name: "mistakes a short write for a whole one",
    edits: [{
      file: "storage/storage.ts",
      find: "if (written === bytes.length) return;",
      replace: "if (written > 0) return;",
    }],
    caughtBy: full,
  },
  {
    name: "drops segments that a checkpoint still needs",
    edits: [{
      file: "storage/segments/segment_list.ts",
      find: "? end <= firstLsn\n",
      replace: "? end <= firstLsn + 1\n",
    }],
    caughtBy: {
      file: "tests/recovery/checkpoint_test.ts",
      name:
        "Wal.truncateBefore() is exact at every LSN, even in a log that was killed",
    },
  },
  {
    name: "lets a fenced owner drop segments",
    edits: [{
      file: "storage/segments/segment_log.ts",
      find: "    await this.checkOwner();\n    // Before those",
      replace: "    // Before those",
    }, {
      file: "storage/segments/segment_log.ts",
      find: "      await this.checkOwner();\n      await this.#owner.write((",
      replace: "      await this.#owner.write((",
    }],
    caughtBy: {
      file: "tests/recovery/fenced_segment_test.ts",
      name: "Wal.truncateBefore() of a fenced owner drops nothing",
    },
  },
  {
    name: "writes over a segment that a backup has a link to",
    edits: [{
      file: "storage/segments/segment_supply.ts",
      find: "&& links === 1",
      replace: "&& links > 0",
    }],
    caughtBy: {
      file: "tests/storage/segments/segment_supply_test.ts",
      name: "a backup by hard links stays as it was while the log continues",
    },
  },
  {
    name: "brings old bytes instead of zeros",
    edits: [{
      file: "storage/segments/zeros_ahead.ts",
      find: "    this.#staged.fill(0, frame.length, this.#stagedFrame);\n",
      replace: "",
    }],
    caughtBy: {
      file: "tests/storage/segments/active_segment_test.ts",
      name:
        "ZerosAhead.stage() lays out a frame and only zeros, whatever was staged before",
    },
  },
  {
    name: "refuses a frame that has room without its zeros",
    edits: [{
      file: "storage/segments/active_segment.ts",
      find: "if (!isOutOfSpace(error)) throw error;\n      const cutting",
      replace: "throw error;\n      const cutting",
    }],
    caughtBy: {
      file: "tests/storage/segments/active_segment_test.ts",
      name:
        "a log writes the frame alone if there is no space for its zeros, on synchronous storage",
    },
  },
  {
    name: "replaces a segment that somebody else made",
    edits: [{
      file: "storage/segments/log_files.ts",
      find: "await storage.link(temporary, name);",
      replace: "await storage.rename(temporary, name);",
    }],
    caughtBy: {
      file: "tests/storage/segments/log_files_test.ts",
      name:
        "createSegment() never replaces a segment, nor leaves anything next to it",
    },
  },
  {
    name: "takes a segment's first name before the second is durable",
    edits: [{
      file: "storage/segments/log_files.ts",
      find: "  await storage.syncDirectory();\n  await removeQuietly",
      replace: "  await removeQuietly",
    }],
    caughtBy: {
      file: "tests/storage/segments/log_files_test.ts",
      name:
        "createSegment() leaves it whole or absent after a crash, under posix",
    },
  },
  {
    name: "does not sync a manifest before it gets its name",
    edits: [{
      file: "storage/segments/log_files.ts",
      find: "await file.datasync();\n    } finally",
      replace: "} finally",
    }],
    caughtBy: {
      file: "tests/storage/segments/log_files_manifest_test.ts",
      name:
        "writeManifest() leaves the old or the new one after a crash, under posix",
    },
  },
  {
    name: "does not sync the directory after a manifest is written",
    edits: [{
      file: "storage/segments/log_files.ts",
      find: "throw error;\n  }\n  await storage.syncDirectory();",
      replace: "throw error;\n  }",
    }],
    caughtBy: {
      file: "tests/storage/segments/log_files_manifest_test.ts",
      name:
        "writeManifest() leaves the old or the new one after a crash, under ext4",
    },
  },
  {
    name: "mistakes an old segment that is written to for a damaged one",
    edits: [{
      file: "storage/segments/segment_reader.ts",
      find: "if ((await this.#storage.list()).includes(this.name)) return;",
      replace: "if (this.name !== undefined) return;",
    }],
    caughtBy: {
      file: "tests/storage/segments/segment_cursor_test.ts",
      name: "SegmentCursor says that a segment was dropped while it was read",
    },
  },
  {
    name: "drops segments before the mark of a checkpoint",
    edits: [{
      file: "storage/segments/segment_log.ts",
      find: "      await this.#owner.write(({ durableLsn, meta }) => ({",
      replace: "      this.#owner.pretend(({ durableLsn, meta }) => ({",
    }, {
      file: "storage/segments/log_owner.ts",
      find: "  /** Replaces the manifest; once",
      replace: "  pretend(change: ManifestChange): void {\n" +
        "    this.#manifest = { ...this.#manifest, ...change(this.#manifest) };\n" +
        "  }\n\n  /** Replaces the manifest; once",
    }],
    caughtBy: {
      file: "tests/recovery/checkpoint_test.ts",
      name:
        "Wal.truncateBefore() is exact at every LSN, even in a log that was crashed",
    },
  },
  {
    name: "leaves a part of a frame that found no space",
    edits: [{
      file: "storage/segments/active_segment.ts",
      find: "    return this.file.truncate(this.#offset);",
      replace: "    this.#offset += 40;",
    }],
    caughtBy: {
      file: "tests/recovery/full_disk_test.ts",
      name:
        "Wal continues after a full disk at any call, for 1 calls, with 40 bytes of a write written",
    },
  },
  {
    name: "lets time fall when the clock goes back",
    edits: [{
      file: "storage/segments/written_end.ts",
      find: "if (now > this.#time && now <= MAX_FRAME_TIME) this.#time = now;",
      replace: "this.#time = now;",
    }],
    caughtBy: {
      file: "tests/recovery/checkpoint_test.ts",
      name: "Wal notes when records were written, and that time never falls",
    },
  },
  {
    name: "loses metadata when the next segment begins",
    edits: [{
      file: "storage/segments/segment_log.ts",
      find: "      await this.#owner.write();",
      replace: "",
    }],
    caughtBy: {
      file: "tests/wal_meta_test.ts",
      name:
        "meta that came with a record survive a kill several segments later",
    },
  },
  {
    name: "makes metadata durable before their record",
    edits: [{
      file: "storage/segments/written_end.ts",
      find: "    return this.#syncedMeta;",
      replace: "    return this.#meta;",
    }, {
      file: "storage/segments/written_end.ts",
      find: "    const header = this.headerOf(active, frame, kind);",
      replace: "    this.#meta = newerMeta(this.#meta, frame.meta);\n" +
        "    const header = this.headerOf(active, frame, kind);",
    }, {
      file: "recovery/open_segments.ts",
      find: "      durableMeta: newerMeta(meta, durable?.meta),",
      replace:
        "      durableMeta: newerMeta(meta, scan.metas.at(-1)?.meta ?? durable?.meta),",
    }],
    caughtBy: {
      file: "tests/wal_meta_test.ts",
      name: "append() with meta is atomic whatever a crash leaves: posix, slow",
    },
  },
  {
    name: "cuts a log at the end of a frame only",
    edits: [{
      file: "storage/segments/cut_back.ts",
      find: "  if (end > lastLsn + 1) {",
      replace: "  if (end > Infinity) {",
    }],
    caughtBy: {
      file: CRASH,
      name:
        "Wal loses nothing acknowledged: cut within a frame, and between frames; posix",
    },
  },
  {
    name: "says that what is cut off was durable",
    edits: [{
      file: "storage/segments/cut_back.ts",
      find: "    durableLsn: place.lastLsn,",
      replace: "    durableLsn: Math.max(durableLsn, lastLsn),",
    }],
    caughtBy: {
      file: CRASH,
      name:
        "Wal loses nothing acknowledged: cut over segments, to nothing, and again; posix",
    },
  },
  {
    name:
      "continues in a segment of the former epoch when a cut finds no space",
    edits: [{
      file: "storage/segments/segment_log.ts",
      find: "if (former && this.#owner.epoch > before)",
      replace: "if (former && this.#owner.epoch > before && false)",
    }],
    caughtBy: {
      file: "tests/wal_truncate_after_test.ts",
      name:
        "truncateAfter() without space drops nothing, and works once there is some",
    },
  },
  {
    name: "reuses a segment that a displaced owner may still write to",
    edits: [{
      file: "storage/segments/segment_supply.ts",
      find: "epoch >= this.#firstEpoch",
      replace: "epoch >= 0 * this.#firstEpoch",
    }],
    caughtBy: {
      file: "tests/recovery/takeover_test.ts",
      name: "Wal reuses no segment that a displaced owner may still write to",
    },
  },
];
