// A regular expression as read: expressions, and anchors between them.
import type { CodePoints } from '../language/code-points.ts';

/** A regular expression, before its anchors are resolved. */
export type Pattern =
  | { readonly kind: 'class'; readonly codePoints: CodePoints }
  | { readonly kind: 'sequence'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'choice'; readonly options: readonly Pattern[] }
  | { readonly kind: 'repeat'; readonly body: Pattern; readonly min: number; readonly max: number }
  /** `^` or `$` */
  | { readonly kind: 'anchor'; readonly isStart: boolean };
