// The site of all packages: their READMEs, everything they export, and the decision records.
import { readdirSync } from 'node:fs';

const root = new URL('../../', import.meta.url);

/** Mistakes that fail the build: an export without a doc comment, a type without a page, a dead link. */
const checks = {
  validation: { notExported: true, invalidLink: true, invalidPath: true, notDocumented: true },
  requiredToBeDocumented: ['Function', 'Variable', 'Class', 'Interface', 'TypeAlias'],
};

/** @type {Partial<import('typedoc').TypeDocOptions>} */
export default {
  name: 'Rondo',
  plugin: ['./headings.js'],
  readme: '../../README.md',
  entryPointStrategy: 'packages',
  entryPoints: readdirSync(new URL('packages', root)).map((name) => `../../packages/${name}`),
  packageOptions: {
    entryPoints: ['src/@(index|conformance|sampling).ts'],
    // The packages see each other's source, so nothing has to be built first.
    compilerOptions: { customConditions: ['rondo-source'], rootDir: '../..', noEmit: true },
    disableSources: true,
    ...checks,
  },
  projectDocuments: ['../../docs/*.md', '../../docs/decisions/*.md'],
  out: 'site',
  navigation: { includeFolders: false },
  disableSources: true,
  ...checks,
  treatValidationWarningsAsErrors: true,
};
