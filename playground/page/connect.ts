/// <reference lib="dom" />
import { type Answer, Engine, type Question } from "../engine.ts";
import { nextTask } from "./next_task.ts";

/** Where simulations are made. */
export interface Connection {
  ask(question: Question): void;
  /** Where that is, in words. */
  readonly place: () => string;
}

/**
 * Simulates in a worker, which is this very program: `source` is its text. So
 * it takes no second file, which a page from the disk could not load. Where a
 * worker cannot be had the page simulates by itself, in pieces.
 */
export function connect(
  source: string,
  answered: (answer: Answer) => void,
): Connection {
  const asked: Question[] = [];
  let place = "in a worker";
  const own = new Engine(answered, nextTask);
  let ask = (question: Question): void => void own.ask(question);
  const fallBack = () => {
    place = "in the page";
    ask = (question) => void own.ask(question);
    for (const question of asked.splice(0)) ask(question);
  };
  const worker = startWorker(source);
  if (worker === undefined) fallBack();
  else {
    // What a worker was asked that never answered is asked again.
    ask = (question) => {
      asked.push(question);
      worker.postMessage(question);
    };
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      asked.length = 0;
      worker.onerror = null;
      ask = (question) => worker.postMessage(question);
      answered(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      worker.terminate();
      fallBack();
    };
  }
  return { ask: (question) => ask(question), place: () => place };
}

function startWorker(source: string): Worker | undefined {
  try {
    const blob = new Blob([source], { type: "text/javascript" });
    return new Worker(URL.createObjectURL(blob));
  } catch {
    return undefined;
  }
}
