// Builds an architecture from the parts in which decoders differ: mainly the tensors and the operations of a layer.
import type { Gguf } from '@rondo/gguf';
import type { Tensor } from '@rondo/tensor';
import type { Architecture, ConfigOptions, ModelConfig, Tensors, Weights } from '../architecture.ts';
import { scalesOf } from '../matrix-scales.ts';
import { layerCode, layerNorm, linear, rmsNorm, type LayerCode } from './layer-code.ts';
import { layerTensors, type LayerTensors } from './layer-tensors.ts';
import { mtpBlock } from './mtp-block.ts';

/** The parts in which decoders differ. */
export interface Decoder {
  /** The value of `general.architecture`. */
  readonly name: string;
  /** The norm before the output matrix. Default: `rms`. */
  readonly outputNorm?: 'rms' | 'layer' | 'layer with bias' | undefined;
  /** The name of the tensor of the norm before the output matrix. Default: `output_norm`. */
  readonly outputNormName?: string | undefined;
  /** Whether the output matrix may have a bias. Default: a file with such a bias is refused. */
  readonly outputBias?: boolean | undefined;
  /** See `Architecture.positionTable`. */
  readonly positionTable?: string | undefined;
  /** @throws RondoError `BAD_CONFIG`, `UNSUPPORTED` */
  readConfig(gguf: Gguf, options?: ConfigOptions): ModelConfig;
  /** See `Architecture.mayPredict`. The MTP block has the tensors of a layer, and `readConfig` knows `mtp`. */
  readonly mayPredict?: boolean | undefined;
  tensors(t: LayerTensors): Tensors;
  /** A layer over x `[tokens, width]`. */
  encode(code: LayerCode, w: Weights, x: Tensor): Tensor;
  /** The layers without experts in a model with experts. Default: all layers are alike. */
  readonly dense?: Pick<Decoder, 'tensors' | 'encode'> | undefined;
}

/** The architecture of a decoder. */
export function decoder({
  outputNorm = 'rms',
  outputNormName = 'output_norm',
  outputBias = false,
  ...its
}: Decoder): Architecture {
  const partsOf = (config: ModelConfig, layer: number): Pick<Decoder, 'tensors' | 'encode'> => {
    const { hasExperts, predicts } = config.layers[layer] ?? {};
    const parts = hasExperts === false ? (its.dense ?? its) : its;
    return predicts ? mtpBlock(parts) : parts;
  };
  return {
    name: its.name,
    positionTable: its.positionTable,
    mayPredict: its.mayPredict,
    readConfig: (gguf, options) => its.readConfig(gguf, options),
    layerTensors: (config, layer, file) => partsOf(config, layer).tensors(layerTensors(config, layer, file)),
    outputTensors({ width, vocabularySize }, file) {
      const own = file.has('output.weight');
      return {
        norm: { name: `${outputNormName}.weight`, shape: [width] },
        ...(outputNorm === 'layer with bias' && {
          normBias: { name: `${outputNormName}.bias`, shape: [width] },
        }),
        output: { name: own ? 'output.weight' : 'token_embd.weight', shape: [vocabularySize, width] },
        ...(outputBias &&
          file.has('output.bias') && { outputBias: { name: 'output.bias', shape: [vocabularySize] } }),
      };
    },
    encodeLayer: (config, e, w, x, place) =>
      partsOf(config, place.layer).encode(layerCode(config, e, place), w, x),
    encodeOutput(config, e, w, x, isNormal = false) {
      const norm = outputNorm === 'rms' ? rmsNorm : layerNorm;
      const scales = scalesOf(config.outputValues);
      // A segment is given back when all of its weights were used, so the norm is recorded even if its result is not used.
      const normal = norm({ e, config }, w, 'norm', x);
      let logits = linear({ e, scales }, w, 'output', isNormal ? x : normal);
      if (config.logitScale !== 1) logits = e.scale(logits, config.logitScale);
      return config.logitSoftcap === undefined ? logits : e.softcap(logits, config.logitSoftcap);
    },
  };
}
