/**
 * The parts of `@std/fs` that the tests use, on every runtime.
 *
 * @module
 */
import { loadStd } from "./load_std.ts";
import * as standIn from "./node_fs.ts";

const std = await loadStd("@std/fs", standIn);

/** Makes a directory and its parents, unless it is there already. */
export const ensureDir: typeof standIn.ensureDir = std.ensureDir;

/** Makes a directory, or removes everything inside it. */
export const emptyDir: typeof standIn.emptyDir = std.emptyDir;

/** Tells whether a path exists, and is of the kind that is asked for. */
export const exists: typeof standIn.exists = std.exists;

/** Copies a file, or a directory with what is in it; never overwrites. */
export const copy: typeof standIn.copy = std.copy;
