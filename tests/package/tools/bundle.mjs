/*
 * Bundles a program: `node bundle.mjs rollup|vite INPUT OUTDIR node|browser`.
 * Runs on Node, as these bundlers are native addons. A warning is a failure.
 */
import nodeResolve from "@rollup/plugin-node-resolve";
import { dirname } from "node:path";
import process from "node:process";
import { rollup } from "rollup";
import { build } from "vite";

const [bundler, input, outDir, platform] = process.argv.slice(2);
const isNode = platform === "node";

function refuse(warning) {
  throw new Error(warning.message ?? warning);
}

async function runRollup() {
  const bundle = await rollup({
    input,
    external: isNode ? [/^node:/] : [],
    plugins: [nodeResolve({ browser: !isNode, preferBuiltins: isNode })],
    onwarn: refuse,
  });
  await bundle.write({ dir: outDir, format: "es", entryFileNames: "main.js" });
}

async function runVite() {
  await build({
    configFile: false,
    root: dirname(input),
    logLevel: "warn",
    ssr: { noExternal: true },
    build: {
      outDir,
      emptyOutDir: true,
      ssr: isNode ? input : false,
      target: isNode ? "node20" : "es2022",
      minify: true,
      modulePreload: false,
      rollupOptions: {
        input,
        onwarn: refuse,
        output: { entryFileNames: "main.js" },
      },
    },
  });
}

await (bundler === "vite" ? runVite() : runRollup());
