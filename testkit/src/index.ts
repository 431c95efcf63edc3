export * from './shared-folder.ts';
export * from './hooked-source.ts';
export * from './range-server.ts';
