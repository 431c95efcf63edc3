// The page `docs/architectures.md`: which tests each tiny model passed in a run.
import type { TinyModel } from '@rondo/testkit';
import { comparedTypes, type ComparedType, type QuantizedResults } from './quantized-architectures.ts';
import { comparedShape } from './synthetic-variants.ts';

/** The columns of tests, by what a cell of the column says. */
export const claims = {
  torch: 'llama.cpp = torch',
  llamaCpp: 'Rondo = llama.cpp',
  leads: 'leads within',
  batches: 'batch = one by one',
  streamed: 'streamed = resident',
  together: 'together = alone',
  webgpu: 'WebGPU',
} as const;

/** A column of tests. */
export type Claim = keyof typeof claims;

/** The cells of a model's row, filled by the tests that passed. */
export type Cells = Partial<Record<Claim, string>>;

/** The results of a run for a model. */
export interface ShownModel {
  readonly model: TinyModel;
  readonly cells: Cells;
}

const introduction = `# Architectures

\`npx -y pnpm@12 test:real --update\` writes this page from the tests that ran; without \`--update\` the run fails where the page
is not what the run shows.

Each row is a tiny model with random weights and with every special of its graph switched on, made by the route that
published models take: a configuration of transformers, llama.cpp's own converter, F32. Each of two prompts, of 12 and 40
random ids, is continued by 64 greedy tokens.

- **llama.cpp = torch**: the ids of both are the same, so the file says what the configuration says. Of an embedding
  model, the embeddings of both lie within 0.005, of length 1.
- **Rondo = llama.cpp**: the ids are the same after each prompt. A code in place of \`yes\`: Rondo refuses the model with an
  error of that code.
- **leads within**: in each step, the logit of the chosen token less the best other one lies as near to llama.cpp's.
  llama.cpp looks GELU up in a table of half floats; there the tolerance is 0.01, and ids may differ below a lead of 0.02.
- **batch = one by one**: all tokens in one call give, bit for bit, the logits of one call for each token.
- **streamed = resident**: the model in the least memory that it runs in gives, bit for bit, the logits of the model that is
  in memory as a whole.
- **together = alone**: both texts at the same time give, bit for bit, the logits of each text alone.
- **WebGPU**: on the GPU, the leads of the first tokens behind the longer prompt are within the same tolerance of llama.cpp's.
- **Q4_0**, **Q8_0**: a synthetic model of the architecture, with random weights of this type, gives the ids of llama.cpp up
  to the first lead below 0.1 (\`npx -y pnpm@12 test benchmarks/llama-cpp-parity/src/synthetic-architectures.test.ts --update\`
  writes the results).
`;

/** The text of the page. `quantized` is shown for the models that Rondo runs. */
export function architecturesPage(shown: readonly ShownModel[], quantized: QuantizedResults): string {
  const columns = Object.keys(claims) as Claim[];
  const rows = shown.map(({ model, cells }) => [
    model.name,
    `\`${model.architecture}\``,
    model.kind,
    ...columns.map((claim) => cells[claim] ?? ''),
    ...comparedTypes.map((type) =>
      cells.leads !== undefined && typesOf(model, quantized).includes(type) ? 'yes' : '',
    ),
  ]);
  const head = ['model', 'architecture', 'kind', ...Object.values(claims), ...comparedTypes];
  return `${introduction}\n${table(head, rows)}`;
}

/** The types that passed for the synthetic model of a tiny model's architecture; none if only one of both has experts. */
function typesOf({ architecture, kind }: TinyModel, quantized: QuantizedResults): readonly ComparedType[] {
  const types = quantized[architecture];
  if (types === undefined) return [];
  const hasExperts = comparedShape(architecture).experts !== undefined;
  return hasExperts === (kind === 'mixture') ? types : [];
}

/** A Markdown table as prettier formats it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |\n`;
  return [head, widths.map((width) => '-'.repeat(width)), ...rows].map(line).join('');
}
