/**
 * The built-in module `name` of Node, Deno or Bun, such as `"node:fs"`;
 * `undefined` on a runtime without it. It is asked for and not imported: a
 * bundle for a browser has no import that cannot be resolved.
 */
export function builtin<Module>(name: string): Module | undefined {
  const { process } = globalThis as {
    process?: { getBuiltinModule?(name: string): unknown };
  };
  return process?.getBuiltinModule?.(name) as Module | undefined;
}
