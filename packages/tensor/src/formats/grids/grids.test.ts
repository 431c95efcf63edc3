import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { iq1Grid } from './iq1.ts';
import { iq2sGrid } from './iq2_s.ts';
import { iq2xsGrid } from './iq2_xs.ts';
import { iq2xxsGrid } from './iq2_xxs.ts';
import { iq3sGrid } from './iq3_s.ts';
import { iq3xxsGrid } from './iq3_xxs.ts';

// SHA-256 of the tables' bytes in ggml-common.h of ggml d99724f.
it.each([
  ['iq1s_grid', iq1Grid, 2048 * 8, '07540ffc1aeaf6ad4d97e96b0fcc765aae39671d4ae4a27bbd0e796fde167c6a'],
  ['iq2xxs_grid', iq2xxsGrid, 256 * 8, '05826b5d3e472a3a78f196be62ac78acf81df0f909626e12ab9fa2a5d490dd54'],
  ['iq2xs_grid', iq2xsGrid, 512 * 8, '06e47aaca60b4dc1d9b5a3f34540437058a6b142b4d7a59d5ded769b4d1bf1de'],
  ['iq2s_grid', iq2sGrid, 1024 * 8, 'e1aa1473412b0552c2174c30ef22ab4073f6a181b85a17056e8249bd2932fd88'],
  ['iq3xxs_grid', iq3xxsGrid, 256 * 4, '46e35f5a997efdee6c99ce57854c8a0d4f0ff8ca57e5e8a60c0793ea580acf5d'],
  ['iq3s_grid', iq3sGrid, 512 * 4, 'bd1af4945a1717c65610b0284e4628b9a1ba3b306fae3a06f6e5f597356e349f'],
])('%s is the table of the format', (_, grid, bytes, sha256) => {
  expect(createHash('sha256').update(grid().subarray(0, bytes)).digest('hex')).toBe(sha256);
});
