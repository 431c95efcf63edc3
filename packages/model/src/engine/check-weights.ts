// Whether a backend can compute with every tensor of a model: each layer is encoded before anything is loaded, so that a
// tensor of a type that its role does not allow is refused by its name.
import type { Architecture, ModelConfig, Tensors, Weights } from '@rondo/architectures';
import { RondoError } from '@rondo/errors';
import type { Gguf } from '@rondo/gguf';
import { wrappedMethods, type Backend, type Encoder, type Tensor, type Weight } from '@rondo/tensor';
import { rehearsePass } from '../pass/encode-pass.ts';
import { findSpec } from '../weights/find-tensor.ts';

/** What is checked with. */
export interface CheckWeightsOptions {
  readonly gguf: Gguf;
  readonly architecture: Architecture;
  readonly config: ModelConfig;
  readonly backend: Backend;
}

/** Weights as they are described, and the name of the tensor that each of them is. */
interface Described {
  readonly weights: Weights<string>;
  readonly names: ReadonlyMap<Weight, string>;
  /** The same for parts that are encoded alike. */
  readonly signature: string;
}

/**
 * Checks the tensors of all layers and of the output.
 *
 * @throws RondoError `UNSUPPORTED` with the name of a tensor whose type its role does not allow; `MISSING_TENSOR`,
 * `BAD_TENSOR_SHAPE`
 */
export function checkWeights({ gguf, architecture, config, backend }: CheckWeightsOptions): void {
  const { experts } = architecture;
  const checked = new Set<string>();

  /** Has a part encoded, but for one that is like another which was. */
  function check(
    { weights, names, signature }: Described,
    encode: (e: Encoder, w: Weights<string>) => void,
  ): void {
    if (checked.has(signature)) return;
    checked.add(signature);
    encode(naming(backend.encoder(), names), weights);
  }

  rehearsePass({ architecture, config }, backend, 'F32', (rehearsal) => {
    for (let layer = 0; layer < config.layers.length; layer++) {
      const own = describe(gguf, architecture.layerTensors(config, layer, gguf.tensors), (shape) => shape);
      check(own, (e, w) => rehearsal.layer(e, w, layer));
      if (!experts) continue;
      const one = describe(gguf, experts.tensors(config, layer, gguf.tensors), ([, ...shape]) => shape);
      check(one, (e, w) => rehearsal.experts(e, [w]));
    }
    const output = describe(gguf, architecture.outputTensors(config, gguf.tensors), (shape) => shape);
    check(output, (e, w) => rehearsal.output(e, w));
  });
}

function describe(
  gguf: Gguf,
  specs: Tensors<string>,
  shapeOf: (shape: readonly number[]) => readonly number[],
): Described {
  const found = Object.entries(specs).map(([role, spec]) => {
    const { dtype, shape } = findSpec(gguf, spec);
    return { role, name: spec.name, weight: { dtype, shape: shapeOf(shape) } };
  });
  return {
    weights: Object.fromEntries(found.map(({ role, weight }) => [role, weight])),
    names: new Map(found.map(({ weight, name }) => [weight, name])),
    signature: found.map(({ role, weight }) => `${role} ${weight.dtype} ${weight.shape.join('x')}`).join(),
  };
}

/** The encoder, whose refusal of a weight says which tensor it is. */
function naming(encoder: Encoder, names: ReadonlyMap<Weight, string>): Encoder {
  function named(weight: Weight | undefined, encode: () => Tensor): Tensor {
    try {
      return encode();
    } catch (cause) {
      const tensor = weight && names.get(weight);
      if (tensor === undefined) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new RondoError(
        'UNSUPPORTED',
        `The model cannot be computed with its tensor "${tensor}", which is ${weight?.dtype}: ${reason} Use the model in another quantization.`,
        { cause, details: { tensor, dtype: weight?.dtype, shape: weight?.shape } },
      );
    }
  }
  return { ...encoder, ...wrappedMethods(encoder, named) };
}
