export * from './shared-folder.ts';
export * from './hooked-source.ts';
