/**
 * The bytes of the files next to the segments: cursors and snapshots. A log
 * that has neither does not load them.
 *
 * What other folders of the library may import from here.
 *
 * @module
 */
export {
  CURSOR_BYTES,
  type CursorCommit,
  type CursorState,
  decodeCursor,
  encodeCommit,
  encodeCursor,
  encodeMark,
  freeSlot,
} from "./cursor_file.ts";
export {
  decodeSnapshotHeader,
  encodeSnapshotHeader,
  SNAPSHOT_HEADER_BYTES,
  type SnapshotHeader,
} from "./snapshot_header.ts";
