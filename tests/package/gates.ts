import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { command } from "../runner/command.ts";
import { buildDir, projectDir, root } from "../runner/files.ts";
import { check, type Gate, gate, succeed } from "../runner/gate.ts";
import { brokenLinks } from "./broken_links.ts";
import { measureSize } from "./bundle_size.ts";
import { bundleThreads } from "./bundled_threads.ts";
import { installPackage } from "./installed_project.ts";
import { pack } from "./pack_package.ts";
import { bundleForBrowsers, bundleForNode } from "./programs.ts";
import { installTools, nodeOf, toolModules } from "./tools.ts";

const packageDir = join(buildDir, "package");

/** Makes the npm package, and installs it and what it is tested with. */
export function installGates(): Gate[] {
  return [
    gate("npm pack", packAndInstall),
    gate("package's tools", installTools),
  ];
}

/** What must hold of the npm package; the tests of it follow in suites. */
export function packageGates(): Gate[] {
  const tool = (...path: string[]) => join(toolModules, ...path);
  return [
    check("publint", "node", [
      tool("publint", "src", "cli.js"),
      "run",
      "--strict",
      "--pack=false",
      packageDir,
    ]),
    gate("attw", () =>
      succeed("node", [
        tool("@arethetypeswrong", "cli", "dist", "index.js"),
        "--profile=esm-only",
        "--format=ascii",
        tarball(),
      ])),
    ...["5.4", "5.9", "6"].map((version) =>
      gate(`TypeScript ${version}`, () => compileConsumer(version))
    ),
    gate("bundles for Node", bundleForNode),
    gate("bundled threads", bundleThreads),
    gate("for browsers", bundleForBrowsers),
    gate("size", measureSize),
    ...["22", "24"].map((version) =>
      gate(`require(), ${version}`, () => requireAll(version))
    ),
    gate("npx wal", runTool),
  ];
}

async function packAndInstall(): Promise<string> {
  const { files, bytes } = await pack(root, buildDir);
  const broken = brokenLinks(packageDir);
  if (broken.length > 0) {
    throw new Error(`Links that lead nowhere:\n${broken.join("\n")}`);
  }
  await installPackage(tarball(), projectDir);
  return `package: ${files} files, ${(bytes / 1024).toFixed(0)} KiB`;
}

function tarball(): string {
  const name = readdirSync(buildDir).find((name) => name.endsWith(".tgz"));
  if (name === undefined) throw new Error("There is no tarball");
  return join(buildDir, name);
}

/** Without any other types, then with those of Node alone. */
async function compileConsumer(version: string): Promise<string> {
  const folder = join(projectDir, `typescript-${version}`);
  mkdirSync(folder, { recursive: true });
  const source = new URL("./consumer/strict_consumer.ts", import.meta.url);
  writeFileSync(join(folder, "main.ts"), readFileSync(source));
  const compiler = join(toolModules, `typescript-${version}`, "lib", "tsc.js");
  const settings = [
    { types: [] },
    { types: [], module: "esnext", moduleResolution: "bundler" },
    {
      lib: ["es2022"],
      types: ["node"],
      typeRoots: [join(toolModules, "@types")],
    },
  ];
  for (const more of settings) {
    const config = join(folder, "tsconfig.json");
    const compilerOptions = {
      module: "nodenext",
      target: "es2022",
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
      noEmit: true,
      ...more,
    };
    const content = { compilerOptions, files: ["main.ts"] };
    writeFileSync(config, JSON.stringify(content));
    await succeed("node", [compiler, "--project", config]);
  }
  return "";
}

/** Every entry point but the program; and one of them is used. */
async function requireAll(version: string): Promise<string> {
  const node = await nodeOf(version);
  if (node === undefined) {
    return `skipped: the registry has no Node ${version} for here`;
  }
  const program = join(projectDir, `require-${version}.cjs`);
  writeFileSync(
    program,
    `
    const manifest = require("@syncline/wal/package.json");
    const { name } = manifest;
    for (const entry of Object.keys(manifest.exports)) {
      if (entry !== "./cli") require(name + entry.slice(1));
    }
    const { Wal, MemoryStorage } = require(name);
    const kit = require(name + "/storage");
    if (kit.MemoryStorage !== MemoryStorage) throw new Error("there are two");
    Wal.open(new MemoryStorage()).then((wal) => wal.append("x"))
      .then((lsn) => console.log("appended", lsn));
    `,
  );
  const output = await succeed(node, [program], { cwd: projectDir });
  if (!output.includes("appended 1\n")) throw new Error(output);
  return "";
}

/** The tool as users run it, from the project that it is installed in. */
async function runTool(): Promise<string> {
  const manifest = join(packageDir, "package.json");
  const { version } = JSON.parse(readFileSync(manifest, "utf8"));
  const wal = (args: string[], stdin = "") =>
    succeed("npx", ["--no-install", "wal", ...args], {
      cwd: projectDir,
      stdin,
    });
  rmSync(join(projectDir, "log"), { recursive: true, force: true });
  const said = await wal(["--version"]);
  if (said !== `${version}\n`) throw new Error(`--version says ${said}`);
  await wal(["append", "log"], "one\ntwo\n");
  const records = await wal(["cat", "log"]);
  if (records !== "one\ntwo\n") throw new Error(`cat prints ${records}`);
  // In a clone, from anywhere: records only, and the directory is the caller's.
  const args = ["--prefix", root, "run", "wal", "--", "cat", "log"];
  const { stdout } = await command("npm", args, { cwd: projectDir });
  if (stdout !== records) throw new Error(`npm run wal prints ${stdout}`);
  return "";
}
