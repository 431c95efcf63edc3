// Checks that a backend can compute with every tensor of a model. Each layer is encoded before anything is loaded. If the role
// of a tensor does not allow its type, the error names the tensor.
import {
  expertsOfLayer,
  type Architecture,
  type ModelConfig,
  type Tensors,
  type TensorSpec,
  type Weights,
} from '@rondo/architectures';
import { reasonOf, RondoError } from '@rondo/errors';
import type { Gguf } from '@rondo/gguf';
import {
  isWeightRef,
  wrappedMethods,
  type Backend,
  type Encoder,
  type Tensor,
  type Weight,
  type WeightRef,
} from '@rondo/tensor';
import { rehearsePass } from '../pass/encode-pass.ts';
import { findSpec, findStack, type TensorData } from '../weights/find-tensor.ts';

/** The model to check, and the backend to compute with. */
export interface CheckWeightsOptions {
  readonly gguf: Gguf;
  readonly architecture: Architecture;
  readonly config: ModelConfig;
  readonly backend: Backend;
}

/** Weights that are never loaded, and the name of the tensor at each offset in the file. */
interface Described {
  readonly weights: Weights<string>;
  readonly names: ReadonlyMap<number, string>;
  /** Parts that are encoded alike have the same signature. */
  readonly signature: string;
}

/**
 * Checks the tensors of all layers and of the output.
 *
 * @throws RondoError `UNSUPPORTED` with the name of a tensor whose type its role does not allow; `MISSING_TENSOR`,
 * `BAD_TENSOR_SHAPE`
 */
export function checkWeights({ gguf, architecture, config, backend }: CheckWeightsOptions): void {
  const checked = new Set<string>();

  /** Encodes a part, unless a part with the same signature has been encoded. */
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
      const own = describe(architecture.layerTensors(config, layer, gguf.tensors), (spec) =>
        findSpec(gguf, spec),
      );
      check(own, (e, w) => rehearsal.layer(e, w, layer));
      const experts = expertsOfLayer(architecture, config, layer);
      if (!experts) continue;
      const { before, after } = experts.around ?? {};
      const around = describe(
        { ...before?.(config, layer, gguf.tensors), ...after?.(config, layer, gguf.tensors) },
        (spec) => findSpec(gguf, spec),
      );
      const one = describe(experts.tensors(config, layer, gguf.tensors), (spec) => findStack(gguf, spec)(0));
      check(
        {
          weights: one.weights,
          names: new Map([...one.names, ...around.names]),
          signature: `${one.signature} ${around.signature}`,
        },
        (e, w) => rehearsal.experts(e, [w], around.weights, layer),
      );
    }
    const output = describe(architecture.outputTensors(config, gguf.tensors), (spec) => findSpec(gguf, spec));
    check(output, (e, w) => rehearsal.output(e, w));
  });
}

function describe(specs: Tensors<string>, find: (spec: TensorSpec) => TensorData): Described {
  const found = Object.entries(specs).flatMap(([role, spec]) => {
    if (spec.onHost) return [];
    const { dtype, shape, offset } = find(spec);
    const weight: WeightRef = { dtype, shape, layout: 'raw', segment: 0, offset };
    return [{ role, name: spec.expertNames?.[0] ?? spec.name, weight }];
  });
  return {
    weights: Object.fromEntries(found.map(({ role, weight }) => [role, weight])),
    names: new Map(found.map(({ weight, name }) => [weight.offset, name])),
    signature: found.map(({ role, weight }) => `${role} ${weight.dtype} ${weight.shape.join('x')}`).join(),
  };
}

/** The encoder, wrapped so that an error for a refused weight names the tensor of the weight. */
function naming(encoder: Encoder, names: ReadonlyMap<number, string>): Encoder {
  function named(weight: Weight | undefined, encode: () => Tensor): Tensor {
    try {
      return encode();
    } catch (cause) {
      const tensor = weight && isWeightRef(weight) ? names.get(weight.offset) : undefined;
      if (tensor === undefined) throw cause;
      const reason = reasonOf(cause);
      throw new RondoError(
        'UNSUPPORTED',
        `The model cannot be computed with its tensor "${tensor}", which is ${weight?.dtype}: ${reason} Use the model in another quantization.`,
        { cause, details: { tensor, dtype: weight?.dtype, shape: weight?.shape } },
      );
    }
  }
  return { ...encoder, ...wrappedMethods(encoder, named) };
}
