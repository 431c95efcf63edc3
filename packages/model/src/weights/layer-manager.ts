// The layer manager: lets a user decide which weights are in memory, a layer at a time. The output head counts as a layer,
// the last layer. Users do not see whether a layer is loaded as one segment or as several.
import { RondoError, shownValue } from '@rondo/errors';
import { async as asyncPrefetch, none, type PrefetchStats } from '@rondo/prefetch';
import { createLeaseScope } from './lease-scope.ts';
import type { Residency } from './residency.ts';
import { bytesAtOnce, segmentsOfStage } from './segments.ts';

/** A cache size: bytes, or layers, each of which counts as much as the largest layer. */
export type CacheSize = { readonly bytes: number } | { readonly layers: number };

/** A cache size as JavaScript code may give it, unchecked. */
interface SizeGiven {
  readonly bytes?: number;
  readonly layers?: number;
}

/** A layer that stays in memory until released. */
export interface LayerLease {
  readonly name: string;
  readonly bytes: number;
  /** Releases the layer. Idempotent. */
  release(): void;
}

/** The weights that are in memory at the moment. */
export interface LayersStats {
  readonly resident: readonly number[];
  readonly protected: readonly number[];
  /** Bytes that the weights may take, and bytes that the weights take now. */
  readonly budgetBytes: number;
  readonly bytes: number;
  /** Counts of prefetching since it began or its distance was changed. */
  readonly prefetch: PrefetchStats;
}

/** The weights of a model, layer by layer: from 0 on, then the output head. */
export interface Layers {
  /** The number of layers, the output head included. */
  readonly count: number;
  /**
   * Loads a layer with all of its experts, and keeps it until the lease is released.
   *
   * @throws RondoError `BAD_ARGUMENT` if there is no such layer; `BUDGET_TOO_SMALL` for a layer that takes more than all
   * weights may; what reading throws; the signal's reason
   */
  get(layer: number, options?: { readonly signal?: AbortSignal | undefined }): Promise<LayerLease>;
  /** Loads as many of the layers as fit without evicting segments in use. Resolves to the layers that are in memory then. */
  preload(
    layers: Iterable<number>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<number[]>;
  /**
   * Loads layers and keeps them until `clearProtection`.
   *
   * @throws RondoError `BUDGET_TOO_SMALL` if these layers would leave no room for the other layers to pass through; none of the
   * layers is protected then
   */
  protect(layers: Iterable<number>, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /** Lets all protected layers be evicted again. */
  clearProtection(): void;
  /**
   * Gives the weights less memory than the model has for weights, or all of that memory again. Resolves when the weights fit.
   *
   * @throws RondoError `BUDGET_TOO_SMALL` for less than the protected layers and a pass need at once, `BAD_ARGUMENT` for more
   * than the model has for weights
   */
  setCacheSize(size: CacheSize): Promise<void>;
  /**
   * Gives the weights as many of `availableBytes` as the cache policy recommends, but no fewer than a pass needs.
   * Changes smaller than the largest layer are ignored. Resolves when the weights fit.
   */
  fitTo(availableBytes: number): Promise<void>;
  /** Reads this many segments ahead; 0 reads nothing ahead. */
  setPrefetchDistance(distance: number): Promise<void>;
  /**
   * How many layers are worth keeping in `freeBytes`: as many as fit, since in a loop each further layer saves one read per
   * round. The count includes the slots through which the other layers pass.
   */
  optimalCacheSize(freeBytes: number): {
    readonly layers: number;
    readonly bytes: number;
    readonly hitRate: number;
  };
  /** Evicts everything that is neither in use nor protected. */
  clear(): void;
  /** The counts so far, and the weights that are in memory now. */
  stats(): LayersStats;
}

/** A layer of which all segments are held. */
interface Held {
  /** Releases the layer. Idempotent. */
  release(): void;
}

/** The layer manager with the methods that only the model may call. */
export interface OwnLayers extends Layers {
  /**
   * Grants the weights another amount than before. `leastBytes` of that amount will be left when keys and values have grown.
   * Resolves when the weights fit. A smaller size chosen by `setCacheSize` or `fitTo` stays.
   *
   * @throws RondoError `BUDGET_TOO_SMALL`, as `setCacheSize`. The call itself throws, the promise does not reject; nothing is
   * granted then
   */
  grant(bytes: number, leastBytes: number): Promise<void>;
  /** Ends every lease. Loads that are to become leases fail with `reason`. */
  releaseAll(reason: unknown): void;
}

/** The memory that the weights are granted. */
interface GrantedWeights {
  readonly budget: { readonly weightBytes: number };
  /** Bytes that the weights will have left when keys and values have grown. */
  readonly leastWeightBytes: number;
}

/** The layer manager of a residency, with the memory that is granted to the weights. */
export function createLayers(residency: Residency, { budget, leastWeightBytes }: GrantedWeights): OwnLayers {
  let grantedBytes = budget.weightBytes;
  let stayingBytes = leastWeightBytes;
  /** The bytes that the last call of `setCacheSize` or `fitTo` chose. */
  let chosenBytes = Infinity;
  const { cache, stages, segments } = residency;
  const sizes = segments.map((_, index) => residency.sizeOf(index));
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  const bytesOf = (layer: number) => sum(segmentsOf(layer).map((index) => sizes[index] ?? 0));
  const ofStages = stages.map(segmentsOfStage);
  const segmentsOf = (layer: number) => ofStages[layer] ?? [];
  const indices = [...stages.keys()];
  const largest = indices.reduce((most, layer) => Math.max(most, bytesOf(layer)), 0);
  const allBytes = sum(sizes);
  const protectedLeases = new Map<number, Held>();
  /** Layers that calls of `protect` are loading. Their room counts as taken from the check of the room on. */
  const beingProtected = new Set<ReadonlySet<number>>();
  const keptLayers = () => [...protectedLeases.keys(), ...[...beingProtected].flatMap((some) => [...some])];
  /** Functions that end the leases, and the loads that are to become leases. */
  const scopes = new Set<(reason: unknown) => void>();

  function check(layer: number): number {
    if (Number.isInteger(layer) && layer >= 0 && layer < stages.length) return layer;
    throw new RondoError(
      'BAD_ARGUMENT',
      `There is no layer ${shownValue(layer)}: they are numbered from 0 to ${stages.length - 1}, the last being the output head.`,
    );
  }

  /** Loads all segments of a layer, which must fit. If loading fails, no segment of the layer stays. */
  async function hold(
    layer: number,
    options: { readonly signal?: AbortSignal | undefined } | undefined,
  ): Promise<Held> {
    if (bytesOf(layer) > cache.stats.budgetBytes) {
      throw new RondoError(
        'BUDGET_TOO_SMALL',
        `${stages[layer]?.name} takes ${bytesOf(layer)} bytes, but all weights together have ${cache.stats.budgetBytes}. Grant the model more memory.`,
        { details: { neededBytes: bytesOf(layer), grantedBytes: cache.stats.budgetBytes } },
      );
    }
    const scope = createLeaseScope(residency.keep, options?.signal);
    const end = (reason: unknown) => {
      scopes.delete(end);
      scope.end(reason);
    };
    scopes.add(end);
    try {
      await scope.hold(segmentsOf(layer));
    } catch (error) {
      end(error);
      throw error;
    }
    return { release: () => end(undefined) };
  }

  /** The fewest bytes with which a pass can go on: the protected layers, and the segments that a pass needs at once. */
  function leastBytes(kept: Iterable<number>): number {
    const held = new Set([...kept].flatMap(segmentsOf));
    const others = sizes.map((bytes, index) => (held.has(index) ? 0 : bytes));
    return sum([...held].map((index) => sizes[index] ?? 0)) + bytesAtOnce(residency, others);
  }

  function checkRoom(bytes: number, kept: Iterable<number>, what: string): void {
    const least = leastBytes(kept);
    if (bytes >= least) return;
    throw new RondoError(
      'BUDGET_TOO_SMALL',
      `${what}: ${least} bytes are needed, for what is protected and what a pass needs at once of the others, but there are ${bytes}.`,
      {
        details: { neededBytes: least, grantedBytes: bytes },
      },
    );
  }

  return {
    count: stages.length,
    async get(layer, options) {
      const { release } = await hold(check(layer), options);
      return { name: stages[layer]?.name ?? '', bytes: bytesOf(layer), release };
    },
    async preload(layers, options) {
      const there: number[] = [];
      for (const layer of layers) {
        const results: string[] = [];
        for (const index of segmentsOf(check(layer))) results.push(await cache.prefetch(index, options));
        if (!results.includes('refused')) there.push(layer);
      }
      return there;
    },
    async protect(layers, options) {
      const wanted = new Set([...layers].map(check).filter((layer) => !protectedLeases.has(layer)));
      // While a smaller size waits for leases to end, `budgetBytes` is still as large as what is held.
      const bytes = Math.min(cache.stats.budgetBytes, stayingBytes, chosenBytes);
      checkRoom(bytes, [...keptLayers(), ...wanted], 'Too much to protect');
      beingProtected.add(wanted);
      const held = new Map<number, Held>();
      try {
        for (const layer of wanted) held.set(layer, await hold(layer, options));
      } catch (error) {
        for (const one of held.values()) one.release();
        throw error;
      } finally {
        beingProtected.delete(wanted);
      }
      for (const [layer, one] of held) {
        // Another call may have protected the layer first.
        if (protectedLeases.has(layer)) one.release();
        else protectedLeases.set(layer, one);
      }
    },
    clearProtection() {
      for (const lease of protectedLeases.values()) lease.release();
      protectedLeases.clear();
    },
    async setCacheSize(size) {
      const { bytes: wantedBytes, layers: wantedLayers = Number.NaN } = Object(size) as SizeGiven;
      const bytes = wantedBytes ?? wantedLayers * largest;
      if (!(Number.isInteger(bytes) && bytes > 0 && bytes <= Math.max(grantedBytes, allBytes))) {
        throw new RondoError(
          'BAD_ARGUMENT',
          `The cache size must be a whole number of bytes, or of layers, within the ${grantedBytes} bytes that were granted for weights: { bytes } or { layers }; ${shownValue(bytes)} is not.`,
        );
      }
      const effective = Math.min(bytes, allBytes, grantedBytes);
      checkRoom(effective, keptLayers(), 'The cache size is too small');
      chosenBytes = bytes;
      await residency.resize(effective);
    },
    grant(bytes, leastBytes) {
      checkRoom(Math.min(leastBytes, allBytes), keptLayers(), 'The memory is too small');
      grantedBytes = bytes;
      stayingBytes = leastBytes;
      return residency.resize(Math.min(bytes, allBytes, chosenBytes));
    },
    async fitTo(availableBytes) {
      const wanted = residency.policy.roomFor?.(availableBytes) ?? availableBytes;
      const bytes = Math.floor(Math.min(allBytes, Math.max(leastBytes(keptLayers()), wanted)));
      chosenBytes = bytes;
      const change = Math.abs(bytes - cache.stats.budgetBytes);
      if (change >= largest || (change > 0 && bytes === allBytes)) await residency.resize(bytes);
    },
    async setPrefetchDistance(distance) {
      if (!(Number.isInteger(distance) && distance >= 0)) {
        throw new RondoError(
          'BAD_ARGUMENT',
          `The prefetch distance must be a whole number from 0 on, not ${shownValue(distance)}.`,
        );
      }
      await residency.setPrefetch(distance === 0 ? none() : asyncPrefetch({ distance }));
    },
    optimalCacheSize(freeBytes) {
      if (freeBytes >= allBytes) return { layers: stages.length, bytes: allBytes, hitRate: 1 };
      const layers = Math.max(1, Math.floor(freeBytes / largest));
      return { layers, bytes: layers * largest, hitRate: Math.max(0, (layers - 1) / (stages.length - 1)) };
    },
    clear: () => cache.clear(),
    releaseAll(reason) {
      for (const end of scopes) end(reason);
      protectedLeases.clear();
    },
    stats() {
      const { budgetBytes, bytes } = cache.stats;
      return {
        resident: indices.filter((layer) => segmentsOf(layer).every((index) => cache.has(index))),
        protected: [...protectedLeases.keys()].toSorted((a, b) => a - b),
        budgetBytes,
        bytes,
        prefetch: residency.prefetcher.stats,
      };
    },
  };
}
