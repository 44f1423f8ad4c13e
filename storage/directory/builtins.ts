import type * as Fs from "node:fs";
import type * as Os from "node:os";
import type * as Path from "node:path";
import type Process from "node:process";
import type * as Url from "node:url";
import { builtin } from "../../builtin.ts";

/*
 * The adapters' one way to Node's built-in modules, on Node, Deno and Bun. They
 * are asked for when the module is loaded, not imported: a bundle for a browser
 * has no import that cannot be resolved, even if the adapters are in it.
 */

/** `node:fs`; on a runtime without it `undefined`, as are the others. */
export const fs: typeof Fs = /* @__PURE__ */ builtin("node:fs")!;
/** `node:os`. */
export const os: typeof Os = /* @__PURE__ */ builtin("node:os")!;
/** `node:path`. */
export const paths: typeof Path = /* @__PURE__ */ builtin("node:path")!;
/** `node:process`. */
export const process: typeof Process = /* @__PURE__ */ builtin("node:process")!;
/** `node:url`. */
export const urls: typeof Url = /* @__PURE__ */ builtin("node:url")!;
