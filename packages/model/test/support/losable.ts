// A backend that loses its device, as a GPU can.
import { cpu } from '@rondo/backend-cpu';
import { RondoError } from '@rondo/errors';
import type { Backend } from '@rondo/tensor';

/** A CPU backend that ends at its submission number `lostAt`, and can be had anew so many times. */
export async function losable(lostAt: number, restorations: number): Promise<Backend> {
  let inner = await cpu({ threads: 1 });
  let submissions = 0;
  let lost: RondoError | undefined;
  const alive = (): Backend => {
    if (lost) throw lost;
    return inner;
  };
  return {
    name: 'losable',
    description: 'a CPU backend that is lost once',
    get bytes() {
      return inner.bytes;
    },
    maximumBytes: inner.maximumBytes,
    tensor: (shape) => alive().tensor(shape),
    slotBytes: (ranges, alignment) => inner.slotBytes(ranges, alignment),
    slot: (ranges, alignment, atLeastBytes) => alive().slot(ranges, alignment, atLeastBytes),
    pagedBytes: inner.pagedBytes,
    kvCacheBytes: (shape) => inner.kvCacheBytes(shape),
    kvCache: (shape) => alive().kvCache(shape),
    encoder: () => inner.encoder(),
    async submit(encoder, leaseWeight) {
      if (++submissions === lostAt) {
        lost = new RondoError('BACKEND_FAILED', 'The device was lost.');
        await inner.dispose();
      }
      await alive().submit(encoder, leaseWeight);
    },
    write: async (tensor, values) => alive().write(tensor, values),
    read: async (tensor, rows) => alive().read(tensor, rows),
    async restore() {
      if (!lost) return;
      if (restorations === 0) throw lost;
      restorations--;
      inner = await cpu({ threads: 1 });
      lost = undefined;
    },
    dispose: () => inner.dispose(),
  };
}
