export * from './chromium.ts';
export * from './reference-data.ts';
export * from './lacks.ts';
export * from './hooked-source.ts';
export * from './range-server.ts';
export * from './real-models.ts';
export * from './tiny-models.ts';
