/// <reference lib="dom" />
import { type Answer, Engine, type Question } from "../engine.ts";
import { nextTask } from "./next_task.ts";

/** What is there of a worker's own scope. */
interface WorkerScope {
  onmessage: (event: MessageEvent<Question>) => void;
  postMessage(answer: Answer, transfer: Transferable[]): void;
}

/** Answers the page's questions, in a worker. */
export function serveWorker(): void {
  const scope = globalThis as unknown as WorkerScope;
  const engine = new Engine(
    (answer) => scope.postMessage(answer, buffersOf(answer)),
    nextTask,
  );
  scope.onmessage = ({ data }) => void engine.ask(data);
}

/** Columns are handed over, not copied. */
function buffersOf(answer: Answer): Transferable[] {
  if (answer.kind !== "outcome") return [];
  return Object.values(answer.outcome.course).map(({ buffer }) => buffer);
}
