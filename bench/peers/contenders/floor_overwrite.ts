import { Buffer } from "node:buffer";
import * as fs from "node:fs";
import { join } from "node:path";
import type { Contender } from "../contender.ts";

const FILE_BYTES = 64 * 1024 * 1024;

/** The floor: the file has its blocks and its length before the clock runs. */
export const floorOverwrite: Contender = {
  name: "floor: overwrite zeros",
  how: "pwrite + fdatasync over a zero-filled file of 64 MiB, again and again",
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
