// A file of equal layers, one after another like the weights of a model, for real reads. Its blocks are random, never
// zeros, and no two layers are equal, so that a mix-up would show in the results.
import { open, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rowBytes } from '@rondo/tensor';
import { randomNumbers, randomWeights } from '@rondo/tensor/conformance';

/** The data type of all layers. */
export const LAYER_DTYPE = 'Q8_0';
/** Columns of each layer's matrix. */
export const LAYER_WIDTH = 4096;

/** This number of rows begins and ends on a page of the file, so that all reads are direct. */
const ROWS_STEP = 16;
/**
 * Rows of random blocks that layers repeat, each layer beginning at another row. Making all of them random would take
 * minutes.
 */
const TILE_ROWS = 512;

/** A file in the system's folder for temporary files. */
export interface LayerFile {
  readonly path: string;
  readonly layers: number;
  /** Rows of each layer's matrix. */
  readonly rows: number;
  readonly layerBytes: number;
  remove(): Promise<void>;
}

/** Writes `layers` layers of about `bytes` bytes each. */
export async function createLayerFile(layers: number, bytes: number): Promise<LayerFile> {
  const oneRow = rowBytes(LAYER_DTYPE, LAYER_WIDTH);
  const rows = Math.max(1, Math.round(bytes / oneRow / ROWS_STEP)) * ROWS_STEP;
  const tile = randomWeights(LAYER_DTYPE, TILE_ROWS, LAYER_WIDTH, randomNumbers(1));
  const layer = new Uint8Array(rows * oneRow);
  const folder = await mkdtemp(join(tmpdir(), 'rondo-strategies-'));
  const path = join(folder, 'layers.bin');
  const handle = await open(path, 'w');
  try {
    for (let index = 0; index < layers; index += 1) {
      for (let row = 0; row < rows; row += 1) {
        const from = ((row + 7 * index) % TILE_ROWS) * oneRow;
        layer.set(tile.subarray(from, from + oneRow), row * oneRow);
      }
      await handle.write(layer);
    }
    // Direct reads see only data that is on the disk.
    await handle.sync();
  } finally {
    await handle.close();
  }
  return {
    path,
    layers,
    rows,
    layerBytes: layer.length,
    remove: () => rm(folder, { recursive: true }),
  };
}
