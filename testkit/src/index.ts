export * from './shared-folder.ts';
