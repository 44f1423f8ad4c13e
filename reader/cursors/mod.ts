/**
 * Durable places in a log: what keeps them, and what they hold back.
 *
 * What other folders of the library may import from here.
 *
 * @module
 */
export * from "./cursor.ts";
export {
  CursorFile,
  CursorMovedError,
  type Position,
  readCursor,
} from "./cursor_file.ts";
export {
  cursorsOf,
  type HeldCursor,
  holdBack,
  type HoldOptions,
  needsOf,
} from "./hold_back.ts";
