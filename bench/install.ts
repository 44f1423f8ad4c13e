/**
 * Installs the packages that experiments compare with and draw with. It runs
 * before them because a process does not see packages installed after it began.
 *
 * @module
 */
import { installPackages } from "./packages.ts";

const problem = installPackages(".");
if (problem !== undefined) throw new Error(problem);
