import type { Position } from "../contract/change.ts";
import { fnv1a } from "../util/fnv.ts";

/**
 * The last position of each text, in 8 to 16 bytes however long the text is. Two texts may share a number: then the index
 * has the later position of the two. A text that is not found is in none of the positions.
 */
export interface PositionIndex {
  /** Positions behind this one are in it, as far as `to`. */
  readonly from: Position;
  readonly to: Position;
  /** No more is taken: what comes behind `to` is not in it. */
  readonly isFull: boolean;
  /** Takes the next position, which has this text; without a text it only notes that it was there. */
  add(position: Position, text?: string): void;
  last(text: string): Position | undefined;
}

const FIRST_SLOTS = 2 ** 11;

/** Open addressing over two numbers for each slot: the text's, and how far behind `from` it stands; 0 in an empty one. */
export function createPositionIndex(from: Position, maxTexts: number): PositionIndex {
  let slots = new Uint32Array(2 * FIRST_SLOTS);
  let texts = 0;
  let to = from;
  let isFull = false;

  function slotOf(table: Uint32Array, number: number): number {
    const mask = table.length / 2 - 1;
    let slot = number & mask;
    while (table[2 * slot + 1] !== 0 && table[2 * slot] !== number) slot = (slot + 1) & mask;
    return slot;
  }

  function grow(): void {
    const larger = new Uint32Array(2 * slots.length);
    for (let i = 0; i < slots.length; i += 2) {
      const slot = slots[i + 1] === 0 ? undefined : slotOf(larger, slots[i] ?? 0);
      if (slot !== undefined) larger.set(slots.subarray(i, i + 2), 2 * slot);
    }
    slots = larger;
  }

  return {
    from,
    get to() {
      return to;
    },
    get isFull() {
      return isFull;
    },
    add(position, text) {
      const distance = position - from;
      isFull ||= texts >= maxTexts || distance >= 2n ** 32n;
      if (isFull) return;
      to = position;
      if (text === undefined) return;
      const number = fnv1a(text);
      const slot = slotOf(slots, number);
      if (slots[2 * slot + 1] === 0) texts += 1;
      slots[2 * slot] = number;
      slots[2 * slot + 1] = Number(distance);
      // Three quarters of the slots in use: more make the way to a free one long.
      if (8 * texts > 3 * slots.length) grow();
    },
    last(text) {
      const distance = slots[2 * slotOf(slots, fnv1a(text)) + 1];
      return distance === undefined || distance === 0 ? undefined : from + BigInt(distance);
    },
  };
}
