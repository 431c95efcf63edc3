// Scales of matrices: a file may have a factor `X.scale` for the products with the matrix `X.weight`. NVFP4 files have these
// scales, since the block scales of NVFP4 are at most 448. Source: llama.cpp v0.5.0, `llama-model.cpp`.
import type { Architecture, FileTensors, LayerSpec, Tensors } from './architecture.ts';
import { onHost } from './blocks/layer-tensors.ts';

/** Names of the matrices that may have a scale. Matrices of experts have a scale for each expert. */
const scalable =
  /^(blk\.\d+\.(attn_(q|k|v|qkv|output)|ffn_(gate|up|down)(_exps)?|ssm_(in|out)|nextn\.eh_proj)|output)\.weight$/;

/** For each role of a matrix: the factor of the product with that matrix. The factor of an absent role is 1. */
export type Scales = Readonly<Record<string, number>>;

/** The role of a matrix's scale. Experts have roles of their own, since a network beside them may have the same roles. */
const scaleRole = (role: string, isExpert: boolean) => `${role}${isExpert ? 'Expert' : ''}Scale`;

/** `tensors`, plus the scales of their matrices that the file has. */
function withScales(tensors: Tensors, file: FileTensors, isExpert: boolean): Tensors {
  const names = new Set(Object.values(tensors).map(({ name }) => name));
  const scales = Object.entries(tensors).flatMap(([role, { name, shape }]) => {
    const scale = name.replace(/weight$/, 'scale');
    if (!scalable.test(name) || names.has(scale) || !file.has(scale)) return [];
    return [[scaleRole(role, isExpert), onHost({ name: scale, shape: isExpert ? shape.slice(0, 1) : [1] })]];
  });
  return { ...tensors, ...(Object.fromEntries(scales) as Tensors) };
}

/** `architecture`, changed so that its files may have scales of matrices. */
export function mayScaleMatrices(architecture: Architecture): Architecture {
  const { experts } = architecture;
  return {
    ...architecture,
    layerTensors: (config, layer, file) =>
      withScales(architecture.layerTensors(config, layer, file), file, false),
    outputTensors: (config, file) => withScales(architecture.outputTensors(config, file), file, false),
    experts: experts && {
      ...experts,
      tensors: (config, layer, file) => withScales(experts.tensors(config, layer, file), file, true),
    },
  };
}

/** The scales of a layer's own matrices, or of the matrices of the output head. */
export function scalesOf(values: LayerSpec['values']): Scales {
  return Object.fromEntries(Object.entries(values ?? {}).map(([role, [scale = 1]]) => [role, scale]));
}

/** The scales of one expert's matrices, under the same roles as the scales of a layer's own matrices. */
export function expertScalesOf(values: LayerSpec['values'], expert: number): Scales {
  const suffix = scaleRole('', true);
  return Object.fromEntries(
    Object.entries(values ?? {}).flatMap(([role, scales]) =>
      role.endsWith(suffix)
        ? [[scaleRole(role.slice(0, -suffix.length), false), scales[expert] ?? Number.NaN]]
        : [],
    ),
  );
}
