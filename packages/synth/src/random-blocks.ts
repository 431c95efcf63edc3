// Random weights in any data type, made directly as blocks. All bits of a block are random, except the bits of its scales: the
// scales give the decoded values the requested standard deviation. Making blocks is faster than writing to a disk.
import { RondoError } from '@rondo/errors';
import { float32ToFloat16, formatOf, halfOffsets, layoutOf, type DType } from '@rondo/tensor';

/** Fills `blocks` with random blocks. The array holds whole blocks, and its length in bytes is a multiple of 4. */
export type BlockFiller = (blocks: Uint8Array<ArrayBuffer>) => void;

/**
 * Factors of the blocks' scales, which differ as in a trained model; their number is a power of two. The factors have both
 * signs: the mean of random 4-bit integers from -8 to 7 is negative, and with factors of one sign this mean would shift all
 * activations in the same direction.
 */
const VARIANTS = [0.6, 0.8, 1, 1.5, -0.6, -0.8, -1, -1.5];
/** The same factor for all blocks, for the calibration. */
const ALIKE = VARIANTS.map(() => 1);

/** Number of values with which a type is calibrated, and from which floats are drawn. */
const SAMPLES = 1 << 18;

type FloatTable = Uint32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;

/** Random blocks of all types, over one stream of random words. */
export interface RandomBlocks {
  /**
   * A filler for weights of mean 0 and standard deviation `deviation`.
   *
   * @throws RondoError `UNSUPPORTED` for types that have no float16 scale and are neither float types nor MXFP4
   */
  filler(dtype: DType, deviation: number): BlockFiller;
}

/** The mean square of four-bit floats (E2M1) with random bits. */
const FP4_MEAN_SQUARE = 68.5 / 8;

/** Measured once for each type. */
interface Calibration {
  /** Standard deviation of values whose main scale is 1. */
  readonly deviation: number;
  /** The minimum's scale, in units of the main scale, for which a block's mean is 0; 0 for types without a minimum. */
  readonly minimum: number;
}

/** Random blocks; the same seed gives the same blocks. */
export function randomBlocks(seed: number): RandomBlocks {
  const fill = randomWords(seed);
  const calibrations = new Map<DType, Calibration>();
  let normal: Float32Array | undefined;
  /** Tables by type and deviation. The tensors of a model share a few. */
  const tables = new Map<string, FloatTable>();

  /** Normally distributed values of a float type, as their bits. */
  function tableOf(dtype: DType, deviation: number): FloatTable {
    const key = `${dtype} ${deviation}`;
    const known = tables.get(key);
    if (known) return known;
    const { blockBytes } = layoutOf(dtype);
    const { quantize } = formatOf(dtype);
    if (!quantize) throw unsupported(dtype);
    normal ??= normalValues(fill);
    const encoded = new Uint8Array(SAMPLES * blockBytes);
    quantize(
      normal.map((value) => value * deviation),
      encoded,
    );
    const table = new (blockBytes === 4 ? Uint32Array : Uint16Array)(encoded.buffer);
    tables.set(key, table);
    return table;
  }

  /** F32, F16 and BF16: drawn from a table of normally distributed values. */
  function floats(dtype: DType, deviation: number): BlockFiller {
    const { blockBytes } = layoutOf(dtype);
    const table = tableOf(dtype, deviation);
    const ArrayType = blockBytes === 4 ? Uint32Array : Uint16Array;
    return (blocks) => {
      const out = new ArrayType(blocks.buffer, blocks.byteOffset, blocks.length / blockBytes);
      const picks = new Uint32Array(out.length);
      fill(picks);
      for (let i = 0; i < out.length; i++) out[i] = table[(picks[i] ?? 0) & (SAMPLES - 1)] ?? 0;
    };
  }

  /** MXFP4, whose scales are powers of two. Random bits choose between two adjacent scales, for the right mean square. */
  function fp4(deviation: number): BlockFiller {
    const { blockBytes } = layoutOf('MXFP4');
    const square = deviation ** 2 / FP4_MEAN_SQUARE;
    const exponent = Math.floor(Math.log2(square) / 2);
    const larger = 256 * ((square / 4 ** exponent - 1) / 3);
    return (blocks) => {
      fill(new Uint32Array(blocks.buffer, blocks.byteOffset, blocks.length / 4));
      for (let block = 0; block < blocks.length; block += blockBytes)
        blocks[block] = 127 + exponent + ((blocks[block] ?? 0) < larger ? 1 : 0);
    };
  }

  /** Fills blocks and sets their scales: random bits choose one of eight main scales and one of eight minimum scales. */
  function fillScaled(
    dtype: DType,
    blocks: Uint8Array<ArrayBuffer>,
    scales: readonly number[],
    minima: readonly number[],
  ): void {
    const [main = 0, minimum] = halfOffsets[dtype] ?? [];
    const { blockBytes } = layoutOf(dtype);
    fill(new Uint32Array(blocks.buffer, blocks.byteOffset, blocks.length / 4));
    for (let block = 0; block < blocks.length; block += blockBytes) {
      const variant = (blocks[block + main] ?? 0) & (VARIANTS.length - 1);
      const scale = scales[variant] ?? 0;
      blocks[block + main] = scale;
      blocks[block + main + 1] = scale >> 8;
      if (minimum === undefined) continue;
      const lowest = minima[variant] ?? 0;
      blocks[block + minimum] = lowest;
      blocks[block + minimum + 1] = lowest >> 8;
    }
  }

  /** Mean and mean square of values whose blocks have scales with these factors. */
  function sample(
    dtype: DType,
    factors: readonly number[],
    minimum: number,
  ): { mean: number; square: number } {
    const { blockBytes, blockElements } = layoutOf(dtype);
    const blocks = new Uint8Array((SAMPLES / blockElements) * blockBytes);
    fillScaled(dtype, blocks, halves(factors, 1), halves(factors, minimum));
    const values = new Float32Array(SAMPLES);
    formatOf(dtype).dequantize(blocks, values);
    const sum = (of: (value: number) => number) => values.reduce((total, value) => total + of(value), 0);
    return { mean: sum((value) => value) / SAMPLES, square: sum((value) => value ** 2) / SAMPLES };
  }

  function calibrate(dtype: DType): Calibration {
    const [main, hasMinimum] = halfOffsets[dtype] ?? [];
    if (main === undefined) throw unsupported(dtype);
    const without = sample(dtype, ALIKE, 0).mean;
    const minimum = hasMinimum === undefined ? 0 : -without / (sample(dtype, ALIKE, 1).mean - without);
    return { minimum, deviation: Math.sqrt(sample(dtype, VARIANTS, minimum).square) };
  }

  return {
    filler(dtype, deviation) {
      if (layoutOf(dtype).blockElements === 1) return floats(dtype, deviation);
      if (dtype === 'MXFP4') return fp4(deviation);
      const unit = calibrations.get(dtype) ?? calibrate(dtype);
      calibrations.set(dtype, unit);
      const scale = deviation / unit.deviation;
      const [scales, minima] = [halves(VARIANTS, scale), halves(VARIANTS, scale * unit.minimum)];
      return (blocks) => fillScaled(dtype, blocks, scales, minima);
    },
  };
}

/** Fills an array with random words: xorshift32, Marsaglia 2003. */
function randomWords(seed: number): (words: Uint32Array<ArrayBuffer>) => void {
  let state = seed >>> 0 || 0x9e3779b9;
  return (words) => {
    let x = state;
    for (let i = 0; i < words.length; i++) {
      x ^= x << 13;
      x ^= x >>> 17;
      x ^= x << 5;
      words[i] = x;
    }
    state = x;
  };
}

/** Normally distributed values, Box & Muller 1958. */
function normalValues(fill: (words: Uint32Array<ArrayBuffer>) => void): Float32Array {
  const bits = new Uint32Array(SAMPLES * 2);
  fill(bits);
  const uniform = (index: number) => ((bits[index] ?? 0) + 1) / 2 ** 32;
  return Float32Array.from(
    { length: SAMPLES },
    (_, i) => Math.sqrt(-2 * Math.log(uniform(2 * i))) * Math.cos(2 * Math.PI * uniform(2 * i + 1)),
  );
}

function halves(factors: readonly number[], scale: number): number[] {
  return factors.map((factor) => float32ToFloat16(factor * scale));
}

function unsupported(dtype: DType): RondoError {
  return new RondoError(
    'UNSUPPORTED',
    `Random weights of type ${dtype} cannot be made. Choose another type.`,
    {
      details: { dtype },
    },
  );
}
