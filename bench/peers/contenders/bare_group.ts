import { Buffer } from "node:buffer";
import * as fs from "node:fs";
import { join } from "node:path";
import type { Contender } from "../contender.ts";
import { HandGroup } from "../hand_group.ts";

const FILE_BYTES = 64 * 1024 * 1024;

/**
 * The least that keeps the promise of an ack for each record: group commit by
 * hand over a zero-filled file. No frames, no checksum, nothing to read back.
 */
export const bareGroup: Contender = {
  name: "bare group commit",
  how: "records copied, pwrite + fdatasync over zeros, a promise each",
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
