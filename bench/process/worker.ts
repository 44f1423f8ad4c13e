import { Buffer } from "node:buffer";
import process from "node:process";
import { SeededRandom } from "../../random.ts";

/*
 * What every worker needs: a process that an experiment starts for each
 * measurement. Its only argument is the job, as JSON. The last line of its
 * output is the answer, as JSON.
 */

/** Does the job that the parent sent, answers, and ends the process. */
export async function answerJob<Job>(
  work: (job: Job & { readonly directory: string }) => Promise<unknown>,
): Promise<void> {
  const answer = await work(JSON.parse(process.argv[2]));
  process.stdout.write(`\n${JSON.stringify(answer ?? null)}\n`, () => {
    process.exit(0);
  });
}

/** Records of random bytes, so that no contender gains by compression. */
export function makeRecords(count: number, bytes: number): Buffer[] {
  const random = new SeededRandom(1);
  return Array.from({ length: count }, () => {
    const record = Buffer.alloc(bytes);
    for (let at = 0; at < bytes; at++) record[at] = random.next() * 256;
    return record;
  });
}
