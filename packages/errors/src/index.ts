// Errors and warnings of all packages, and the check of the engine that they run on.
export { isRondoError, RondoError, type RondoErrorCode } from './rondo-error.ts';
export { reasonOf } from './reason.ts';
export { checkRuntime, type RuntimeFacts } from './runtime.ts';
export { escapeInvisible, quoted, shownName, shownValue } from './shown.ts';
export * from './warnings.ts';
