import { SeededRandom } from "../../random.ts";
import { Heap } from "../../writer/heap.ts";
import { assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

test("Heap gives back what was put, in order, however puts and takes mix", () => {
  const random = new SeededRandom(1);
  for (let round = 0; round < 200; round++) {
    const heap = new Heap<number>((one, other) => one < other);
    const held: number[] = [];
    for (let step = 0; step < 60; step++) {
      if (random.integer(0, 2) > 0) {
        const item = random.next();
        heap.put(item);
        held.push(item);
        held.sort((one, other) => one - other);
      } else {
        assertEquals([heap.first, heap.take()], [held[0], held.shift()]);
      }
      assertEquals([heap.size, heap.first], [held.length, held[0]]);
    }
  }
});
