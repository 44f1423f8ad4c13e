import { Buffer } from "node:buffer";
import * as fs from "node:fs";
import { join } from "node:path";
import { type Contender, HandGroup } from "../contender.ts";

const FILE_BYTES = 64 * 1024 * 1024;

/** The floor: the file has its blocks and its length before the clock starts. */
export const floorOverwrite: Contender = {
  name: "floor: overwrite zeros",
  how: "pwrite + fdatasync over a zero-filled file of 64 MiB, repeatedly",
  kinds: ["callers", "batches"],
  open(directory) {
    const file = fs.openSync(join(directory, "floor"), "w");
    const zeros = Buffer.alloc(FILE_BYTES);
    fs.writeSync(file, zeros, 0, zeros.length, 0);
    fs.fsyncSync(file);
    let offset = 0;
    return {
      writeGroup(bytes) {
        if (offset + bytes.length > FILE_BYTES) offset = 0;
        offset += fs.writeSync(file, bytes, 0, bytes.length, offset);
        fs.fdatasyncSync(file);
      },
      close: () => fs.closeSync(file),
    };
  },
};

/** The floor of a file that grows: each sync has a new length to record. */
export const floorAppend: Contender = {
  name: "floor: growing file",
  how: "pwrite + fdatasync at the end of a growing file",
  kinds: ["callers", "batches"],
  open(directory) {
    const file = fs.openSync(join(directory, "floor"), "w");
    let offset = 0;
    return {
      writeGroup(bytes) {
        offset += fs.writeSync(file, bytes, 0, bytes.length, offset);
        fs.fdatasyncSync(file);
      },
      close: () => fs.closeSync(file),
    };
  },
};

/**
 * The least that acknowledges every record: group commit by hand over a
 * zero-filled file. No frames, no checksum, nothing to read back.
 */
export const bareGroup: Contender = {
  name: "bare group commit",
  how: "records copied, pwrite + fdatasync over zeros, a promise for each",
  kinds: ["callers", "batches"],
  open(directory) {
    const file = fs.openSync(join(directory, "bare"), "w");
    fs.writeSync(file, Buffer.alloc(FILE_BYTES), 0, FILE_BYTES, 0);
    fs.fsyncSync(file);
    let buffer = Buffer.alloc(4 * 1024 * 1024);
    let offset = 0;
    const appendAll = (records: readonly Buffer[]) => {
      let length = 0;
      for (const record of records) {
        if (length + record.length > buffer.length) {
          buffer = Buffer.concat([buffer, Buffer.alloc(buffer.length)]);
        }
        buffer.set(record, length);
        length += record.length;
      }
      if (offset + length > FILE_BYTES) offset = 0;
      offset += fs.writeSync(file, buffer, 0, length, offset);
      fs.fdatasyncSync(file);
    };
    const group = new HandGroup(appendAll);
    return {
      append: (record) => group.append(record),
      appendAll,
      close: () => fs.closeSync(file),
    };
  },
};
