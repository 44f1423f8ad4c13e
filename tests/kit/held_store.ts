import { crc32 } from "../../storage/format/crc32.ts";
import { MemoryObjectStore } from "../../storage/s3/memory_object_store.ts";
import {
  type CreateOptions,
  type GetOptions,
  type ListOptions,
  type ObjectStore,
  ObjectStoreError,
} from "../../storage/s3/object_store.ts";
import type { RetryClock } from "../../storage/s3/retrying_store.ts";

/** A call that waits until it is let through. */
export interface HeldCall {
  /** Whose it is. */
  readonly client: string;
  /** What it does, and to what. */
  readonly name: string;
  /** Whether it creates an object. */
  readonly isCreate: boolean;
  /**
   * Whether it is about an object that is there: as long as none is removed, it
   * does not matter when it is performed.
   */
  isDecided(): boolean;
  /** Performs it and answers. */
  answer(): void;
  /** Performs it, and the answer is lost. */
  lose(): void;
}

/** A clock for retries: waits end at once, and nothing is ever late. */
export const NO_TIME: RetryClock = {
  now: () => 0,
  after(delayMs, callback) {
    let isOver = false;
    if (delayMs === 0) queueMicrotask(() => isOver || callback());
    return () => isOver = true;
  },
};

/**
 * An object store in memory whose calls take place when the test says so, in
 * whatever order. The answers and the open calls of each client are written down:
 * two runs in which all of it is the same, and the objects, too, go on alike.
 */
export class HeldStore {
  /** The calls that wait, in the order in which they were made. */
  readonly held: HeldCall[] = [];
  /** The objects, by their keys. */
  readonly objects = new Map<string, Uint8Array>();
  readonly #memory = new MemoryObjectStore();
  readonly #told = new Map<string, string[]>();
  #ids = new Map<string, string>();
  #holds: (client: string, isCreate: boolean) => boolean = () => false;

  /** From now on, those calls wait that `holds` tells of, and no others. */
  hold(holds: (client: string, isCreate: boolean) => boolean): void {
    this.#holds = holds;
  }

  /** Answers, open calls and objects: equal for runs that go on alike. */
  key(): string {
    const told = [...this.#told].map(([client, answers]) =>
      `${client}: ${answers.toSorted().join(",")}`
    );
    const asked = this.held.map(({ client, name }) => `${client} ${name}`);
    const stored = [...this.#ids].map(([key, id]) => `${key}=${id}`);
    return [told.toSorted(), asked.toSorted(), stored.toSorted()].join("|");
  }

  /** The store as one client sees it. */
  client(client: string): ObjectStore {
    const memory = this.#memory;
    const told: string[] = [];
    this.#told.set(client, told);
    let calls = 0;
    const perform = <Answer>(
      name: string,
      isCreate: boolean,
      key: string,
      apply: () => Promise<Answer>,
      digest: (answer: Answer) => string,
    ): Promise<Answer> => {
      if (!this.#holds(client, isCreate)) return apply();
      const call = ++calls;
      return new Promise<Answer>((resolve, reject) => {
        const end = (finish: (answer: Promise<Answer>) => void) => () => {
          this.held.splice(this.held.indexOf(held), 1);
          finish(apply());
        };
        const tell = (answer: Answer) =>
          told.push(`${call} ${name} ${digest(answer)}`);
        const held: HeldCall = {
          ...{ client, name, isCreate },
          isDecided: () => this.objects.has(key),
          answer: end((answer) => {
            void answer.then(tell);
            answer.then(resolve, reject);
          }),
          lose: end(() => {
            told.push(`${call} ${name} lost`);
            reject(lostAnswer(name));
          }),
        };
        this.held.push(held);
      });
    };
    return {
      location: "[held]",
      create: (key: string, bytes: Uint8Array, options: CreateOptions) => {
        const content = bytes.slice();
        const name = `create ${key} ${options.id} ${crc32(content)}`;
        const apply = async () => {
          const made = memory.create(key, content, options);
          if (!this.objects.has(key)) {
            this.objects.set(key, content);
            this.#ids.set(key, `${options.id} ${crc32(content)}`);
          }
          return await made;
        };
        return perform(name, true, key, apply, String);
      },
      get: (key: string, options?: GetOptions) =>
        perform(
          `get ${key}`,
          false,
          key,
          () => memory.get(key, options),
          (found) => `${found?.id} ${found && crc32(found.bytes)}`,
        ),
      head: (key: string) =>
        perform(
          `head ${key}`,
          false,
          key,
          () => memory.head(key),
          (found) => `${found?.id}`,
        ),
      list: (options?: ListOptions) =>
        perform(
          `list ${options?.prefix} ${options?.after}`,
          false,
          "",
          () => memory.list(options),
          ({ objects }) => objects.map(({ key }) => key).join(),
        ),
      remove: (key: string) =>
        perform(`remove ${key}`, false, "", () => {
          this.objects.delete(key);
          this.#ids.delete(key);
          return memory.remove(key);
        }, String),
    };
  }
}

function lostAnswer(action: string): ObjectStoreError {
  return new ObjectStoreError({
    ...{ action, location: "[held]", key: "" },
    ...{ status: 500, code: "InternalError" },
  });
}
