/**
 * Restores a replica into a directory, and answers with what is there then.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import process from "node:process";
import { restoreReplica } from "../../../../replicate/mod.ts";
import { Wal } from "../../../../wal.ts";
import { NoteTaker } from "../notes.ts";
import type { RestorerOrders } from "../orders.ts";
import { contentOf } from "./content_of.ts";
import { chaosLog, readOrders } from "./open_log.ts";

const orders = readOrders<RestorerOrders>();
const notes = new NoteTaker(orders.notes, orders.process);
const { directory } = orders;
const engine = await chaosLog(orders);
await notes.timed("restore", () => restoreReplica(engine, directory));
const wal = await Wal.open(directory);
const content = await contentOf(wal);
await wal.close();
writeFileSync(orders.answer, JSON.stringify([content]));
process.exit();
