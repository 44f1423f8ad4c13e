/**
 * Durable places in a log: what keeps them, and what they hold back.
 *
 * What other folders of the library may import from here.
 *
 * @module
 */
export * from "./cursor.ts";
export { CursorFile, CursorMovedError, readCursor } from "./cursor_file.ts";
export { CursorFiles } from "./cursor_files.ts";
export type { Position } from "./cursor_place.ts";
export {
  cursorsOf,
  type HeldCursor,
  holdBack,
  type HoldOptions,
  needsOf,
} from "./hold_back.ts";
export { placeOf } from "./place_of.ts";
