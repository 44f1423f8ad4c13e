import { requireFiles } from "../../storage/no_directory_error.ts";
import type { Storage } from "../../storage/storage.ts";
import type { CursorOrigin } from "../log_source.ts";
import { CursorFiles } from "./cursor_files.ts";
import type { CursorPlace } from "./cursor_place.ts";
import { StoredCursors } from "./stored_cursors.ts";

/**
 * Where the cursors of a log are: in its directory, or else in the store that
 * it names. Throws `NoDirectoryError` if there is neither; `action` says what
 * they were wanted for.
 */
export function placeOf(
  action: string,
  files: Storage | undefined,
  log: CursorOrigin | undefined,
): CursorPlace {
  const store = log?.cursors;
  return files === undefined && store !== undefined
    ? new StoredCursors(log!, store)
    : new CursorFiles(requireFiles(action, files));
}
