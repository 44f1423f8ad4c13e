import { fileURLToPath } from "node:url";
import { bundleModule } from "./bundle_module.ts";

/** The project's top directory. */
const root = fileURLToPath(new URL("../../..", import.meta.url));

/** How a runtime is started on a module. */
export interface Runtime {
  /** As lock files name it. */
  readonly name: "Deno" | "Node" | "Bun";
  /** The program and its arguments before the module. */
  readonly command: readonly string[];
}

/** All that the library supports. */
export const runtimes: readonly Runtime[] = [
  {
    name: "Deno",
    command: [Deno.execPath(), "run", "-A", "--no-config", "--no-code-cache"],
  },
  { name: "Node", command: ["node"] },
  { name: "Bun", command: [`${root}node_modules/bun/bin/bun.exe`] },
];

/** Every runtime with every runtime, including itself. */
export const pairs: readonly (readonly [Runtime, Runtime])[] = runtimes
  .flatMap((one) => runtimes.map((other) => [one, other] as const));

/** Makes a victim's source into a module that every runtime can run. */
export async function bundleVictim(
  name: string,
  scratch: string,
): Promise<string> {
  const source = `${root}tests/kit/process/victims/${name}.ts`;
  return await bundleModule(source, `${scratch}/${name}.mjs`);
}
