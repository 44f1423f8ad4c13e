import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The conditions of one entry point, the first that holds first. */
export type Conditions = Readonly<Record<string, string>>;

/** The package.json of the package. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, Conditions | string>>;
  readonly [field: string]: unknown;
}

/** Folder of the declarations for TypeScript up to 5.6. */
export const OLD_TYPES = "ts5.6";

/** Fields that the project's own package.json has for the package. */
const SHARED = [
  "description",
  "keywords",
  "license",
  "author",
  "homepage",
  "bugs",
  "repository",
  "type",
  "engines",
  "peerDependencies",
  "peerDependenciesMeta",
];

/**
 * Makes the package's package.json: names, version and entry points are those
 * of deno.json, so that npm and JSR have the same; the rest is the project's.
 */
export function makeManifest(root: string): Manifest {
  const deno = readJson(join(root, "deno.json"));
  const project = readJson(join(root, "package.json"));
  const entries = Object.entries(deno.exports as Record<string, string>);
  const program = toJs(entries.find(([name]) => name === "./cli")![1]);
  return {
    name: deno.name as string,
    version: deno.version as string,
    ...Object.fromEntries(
      SHARED.filter((field) => field in project)
        .map((field) => [field, project[field]]),
    ),
    exports: {
      ...Object.fromEntries(entries.map(([name, source]) => [
        name,
        conditionsOf(source),
      ])),
      "./package.json": "./package.json",
    },
    bin: { wal: program },
    publishConfig: { access: "public" },
    sideEffects: [program],
  };
}

function conditionsOf(source: string): Conditions {
  const types = source.replace(/\.ts$/, ".d.ts");
  return {
    // Without type arguments of Uint8Array, which came with TypeScript 5.7.
    "types@<=5.6": types.replace("./", `./${OLD_TYPES}/`),
    types,
    default: toJs(source),
  };
}

function toJs(source: string): string {
  return source.replace(/\.ts$/, ".js");
}

function readJson(path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path, "utf8"));
}
