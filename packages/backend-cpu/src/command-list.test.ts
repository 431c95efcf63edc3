import { describe, expect, it } from 'vitest';
import { writeLists, type Operation } from './command-list.ts';
import { COMMAND_BARRIER, COMMAND_BYTES, OP_ADD, OP_END, OP_SECTION } from './protocol.ts';

const operation = (memory: number, mark: number): Operation => ({
  code: OP_ADD,
  reads: [],
  writes: [{ bytes: 4, memory }],
  parameters: () => [mark],
  ...(mark % 2 ? { data: () => Uint32Array.of(7, 7) } : {}),
});

/** The operations in the order of execution: memory, first parameter and barrier of each operation. */
function executed(lists: Map<string, Uint32Array>, memory: number, address: number): unknown[] {
  const words = lists.get(`${memory}:${address}`) ?? new Uint32Array();
  const steps: unknown[] = [];
  for (let at = 0; words[at] !== OP_END; at += (words[at + COMMAND_BYTES / 4] ?? 0) / 4) {
    const [code, mark = 0, list = 0, control, scratch] = [words[at], ...words.subarray(at + 4, at + 8)];
    const barrier = words[at + COMMAND_BARRIER / 4] === 1;
    if (code === OP_SECTION) {
      expect([barrier, control, scratch]).toEqual([false, 1000 + mark, 2000 + mark]);
      steps.push(executed(lists, mark, list));
    } else steps.push({ memory, mark, barrier });
  }
  return steps;
}

function write(memories: readonly number[], barriers: readonly boolean[]): unknown[] {
  const lists = new Map<string, Uint32Array>();
  const first = writeLists(
    memories.map((memory, index) => operation(memory, index)),
    barriers,
    {
      address: () => 0,
      station: (memory) => ({ control: 1000 + memory, scratch: 2000 + memory }),
      place(memory, words) {
        const address = 64 * (lists.size + 1);
        lists.set(`${memory}:${address}`, words);
        return address;
      },
    },
  );
  return executed(lists, 0, first);
}

describe('command lists', () => {
  it('is one list in the order of the notes if everything lies in memory 0', () => {
    expect(write([0, 0, 0], [false, true, false])).toEqual([
      { memory: 0, mark: 0, barrier: false },
      { memory: 0, mark: 1, barrier: true },
      { memory: 0, mark: 2, barrier: false },
    ]);
    expect(write([], [])).toEqual([]);
  });

  it('calls a separate list for each run of operations in another memory; order and barriers stay the same', () => {
    expect(write([2, 0, 1, 1, 2, 0], [false, true, true, false, true, false])).toEqual([
      [{ memory: 2, mark: 0, barrier: false }],
      { memory: 0, mark: 1, barrier: true },
      [
        { memory: 1, mark: 2, barrier: true },
        { memory: 1, mark: 3, barrier: false },
      ],
      [{ memory: 2, mark: 4, barrier: true }],
      { memory: 0, mark: 5, barrier: false },
    ]);
  });
});
