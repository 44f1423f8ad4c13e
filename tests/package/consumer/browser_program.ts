/*
 * A program for a browser: a log in memory. It says what it read by calling
 * `done`, which the page gives it.
 */
import { Wal } from "@syncline/wal";
import { MemoryStorage } from "@syncline/wal/storage";

const wal = await Wal.open(new MemoryStorage());
await Promise.all([wal.append("one"), wal.append("two")]);
const texts: string[] = [];
for await (const { data } of wal.read()) {
  texts.push(new TextDecoder().decode(data));
}
await wal.close();
const refusal = await Wal.open("./log").catch((error) => error.message);
const { done } = globalThis as unknown as { done(text: string): void };
done(`read ${texts.join(", ")}; ${refusal}`);
