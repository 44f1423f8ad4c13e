import process from "node:process";
import { runtime } from "./runtime.ts";

/**
 * Loads a package of the Deno standard library, or its stand-in where JSR
 * cannot be reached: the tests run on a machine that has nothing but npm.
 *
 * The variable `SYNCLINE_STD` decides under Deno: `jsr` insists on the real
 * package, `node` on the stand-in. Node and Bun always get the stand-in. The
 * specifier is not a literal, so that no type check ever asks for it.
 *
 * @param name The package's entry in the import map, such as `@std/assert`.
 * @param standIn The module that has the same functions over `node:` modules.
 */
export async function loadStd<Module>(
  name: string,
  standIn: Module,
): Promise<Module> {
  const wish = process.env["SYNCLINE_STD"];
  if (runtime !== "deno" || wish === "node") return standIn;
  try {
    return await import(name);
  } catch (error) {
    if (wish === "jsr") throw error;
    return standIn;
  }
}
