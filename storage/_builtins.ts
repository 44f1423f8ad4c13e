import type * as Fs from "node:fs";
import type * as Os from "node:os";
import type * as Path from "node:path";
import type Process from "node:process";
import type * as Url from "node:url";

/*
 * The adapters' one way to Node's built-in modules, on Node, Deno and Bun. They
 * are asked for when the module is loaded, not imported: a bundle for a browser
 * has no import that cannot be resolved, even if the adapters are in it.
 */

/** `node:fs`; on a runtime without it `undefined`, as are the others. */
export const fs: typeof Fs = /* @__PURE__ */ builtin("node:fs");
/** `node:os`. */
export const os: typeof Os = /* @__PURE__ */ builtin("node:os");
/** `node:path`. */
export const paths: typeof Path = /* @__PURE__ */ builtin("node:path");
/** `node:process`. */
export const process: typeof Process = /* @__PURE__ */ builtin("node:process");
/** `node:url`. */
export const urls: typeof Url = /* @__PURE__ */ builtin("node:url");

/** Throws where there are no files to make a storage of. */
export function requireFiles(directory: string | URL): void {
  if (fs !== undefined) return;
  throw new TypeError(
    `Cannot use "${directory}" because this runtime has no node:fs through ` +
      "process.getBuiltinModule: received neither Node from 20.16 on, nor " +
      "Deno, nor Bun; open a MemoryStorage, or a storage of your own",
  );
}

function builtin<Module>(name: string): Module {
  const { process } = globalThis as {
    process?: { getBuiltinModule?(name: string): unknown };
  };
  return process?.getBuiltinModule?.(name) as Module;
}
