// Constants of formats on the device: uploaded when the first product needs them, then kept.
import type { GpuBuffer } from './memory.ts';
import type { Session } from './session.ts';

/** Returns a function that gives the buffer with these constants: always the same buffer for the same array. */
export function createTables({ device, memory }: Session): (constants: Int8Array) => GpuBuffer {
  const tables = new Map<Int8Array, GpuBuffer>();
  return (constants) => {
    const known = tables.get(constants);
    if (known) return known;
    const table = memory.allocate(constants.byteLength);
    // Grids end with one or two padding values, which are not uploaded.
    const words = Math.floor(constants.length / 4);
    device.queue.writeBuffer(table.buffer, 0, constants as Int8Array<ArrayBuffer>, 0, words * 4);
    tables.set(constants, table);
    return table;
  };
}
