import type { Group } from "./outbox.ts";

/** Groups whose records can still be waited for. */
const REMEMBERED = 4096;

/** Finds the group of a ticket, among the last ones that were appended. */
export class Tickets {
  #groups: Group[] = [];
  /** Those before it are forgotten. */
  #head = 0;

  /** Remembers a group, unless it is the last one already. */
  add(group: Group): void {
    if (this.#groups.at(-1) === group) return;
    this.#groups.push(group);
    if (this.#groups.length - this.#head > REMEMBERED) this.#head++;
    if (this.#head < REMEMBERED) return;
    this.#groups = this.#groups.slice(this.#head);
    this.#head = 0;
  }

  /** The group of a ticket; `undefined` if it is forgotten. */
  find(ticket: number): Group | undefined {
    let low = this.#head;
    let high = this.#groups.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#groups[middle].firstTicket <= ticket) low = middle + 1;
      else high = middle;
    }
    const group = low === this.#head ? undefined : this.#groups[low - 1];
    return group && ticket < group.firstTicket + group.count
      ? group
      : undefined;
  }
}
