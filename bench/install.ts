/**
 * Installs what the benchmarks compare with and draw with, before they start:
 * a process does not see packages that come after it.
 *
 * @module
 */
import { installPackages } from "./packages.ts";

const missing = installPackages(".");
if (missing !== undefined) throw new Error(missing);
