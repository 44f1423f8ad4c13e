import * as fs from "node:fs";
import { join } from "node:path";
import type { Contender } from "../contender.ts";

/** The floor of those whose file grows: each sync has a new length to note. */
export const floorAppend: Contender = {
  name: "floor: growing file",
  how: "pwrite + fdatasync at the end of a file that grows",
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
