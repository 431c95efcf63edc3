// The page `docs/operations.md`: which operations and data types each backend has, from the tables that the backends
// themselves read. `vitest -u` writes it.
import { supportedDtypes as cpuDtypes } from '@rondo/backend-cpu';
import { supportedDtypes as gpuDtypes } from '@rondo/backend-webgpu';
import { table } from '@rondo/bench-shared';
import { definitionOf, operationKinds, type DType } from '@rondo/tensor';
import { backendConformance } from '@rondo/tensor/conformance';
import { expect, it } from 'vitest';

const mark = (dtypes: readonly DType[], dtype: DType) => (dtypes.includes(dtype) ? 'yes' : '');

it('docs/operations.md is what the backends have', async () => {
  const dtypes = [...new Set([...cpuDtypes, ...gpuDtypes])];
  const names = backendConformance({ dtypes, kvCacheDtypes: ['F32', 'Q8_0'] }).map(({ name }) => name);
  const casesOf = (kind: string) =>
    names.filter((name) => name.startsWith(`${kind},`) || name.startsWith(`${kind} `)).length;
  const page = `# Operations and data types

A test writes this page (\`pnpm test operations-page -u\`). An operation is a file of \`packages/tensor/src/operations\`, which says what the operation means and with which arguments each backend is compared with that meaning; a type check keeps a backend from lacking one.

## Operations

${table(
  ['operation', 'cases on each backend', 'timed by `bench:kernels`'],
  operationKinds.map((kind) => {
    const isTimed = kind === 'matmul' || definitionOf(kind).cases.some((one) => one.isTimed);
    return [`\`${kind}\``, String(casesOf(kind)), isTimed ? 'yes' : ''];
  }),
)}

## Data types of weights in products

${table(
  ['type', 'CPU', 'WebGPU'],
  dtypes.map((dtype) => [dtype, mark(cpuDtypes, dtype), mark(gpuDtypes, dtype)]),
)}

Keys and values are kept in F32 or Q8_0 on both backends.
`;
  await expect(page).toMatchFileSnapshot('../../../docs/operations.md');
});
