/**
 * Makes the tarball that npm publishes: `.build/syncline-wal-VERSION.tgz`.
 *
 * @module
 */

import { relative } from "node:path";
import { buildDir, root } from "../runner/files.ts";
import { pack } from "./pack_package.ts";

const { tarball, files, bytes } = await pack(root, buildDir);
const kib = (bytes / 1024).toFixed(0);
console.log(`${relative(root, tarball)}: ${files} files, ${kib} KiB`);
