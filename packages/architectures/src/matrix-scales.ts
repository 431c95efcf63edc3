// Scales of matrices: a file may have `X.scale` beside `X.weight`, by which products with the matrix are multiplied. Files of
// NVFP4 have scales, whose own scales of blocks reach no further than 448. Source: llama.cpp v0.5.0, `llama-model.cpp`.
import type { Architecture, FileTensors, LayerSpec, Tensors } from './architecture.ts';
import { onHost } from './blocks/layer-tensors.ts';

/** Matrices that may have a scale; of experts, a scale for each expert. */
const scalable = /^(blk\.\d+\.(attn_(q|k|v|qkv|output)|ffn_(gate|up|down)(_exps)?)|output)\.weight$/;

/** Numbers by which products with the matrices of roles are multiplied; 1 for a role that is not there. */
export type Scales = Readonly<Record<string, number>>;

/** The role of the scale of a matrix; experts have roles of their own, since a network beside them may have the same roles. */
const scaleRole = (role: string, isExpert: boolean) => `${role}${isExpert ? 'Expert' : ''}Scale`;

/** The tensors, and the scales that the file has beside the matrices. */
function withScales(tensors: Tensors, file: FileTensors, isExpert: boolean): Tensors {
  const names = new Set(Object.values(tensors).map(({ name }) => name));
  const scales = Object.entries(tensors).flatMap(([role, { name, shape }]) => {
    const scale = name.replace(/weight$/, 'scale');
    if (!scalable.test(name) || names.has(scale) || !file.has(scale)) return [];
    return [[scaleRole(role, isExpert), onHost({ name: scale, shape: isExpert ? shape.slice(0, 1) : [1] })]];
  });
  return { ...tensors, ...(Object.fromEntries(scales) as Tensors) };
}

/** The architecture, whose files may have scales of matrices. */
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

/** The scales of a layer's own matrices, or of the output head's. */
export function scalesOf(values: LayerSpec['values']): Scales {
  return Object.fromEntries(Object.entries(values ?? {}).map(([role, [scale = 1]]) => [role, scale]));
}

/** The scales of the matrices of one expert, by the roles that the scales of a layer's own matrices have. */
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
