// The syntax tree of a template.
import type { Value } from '../values.ts';

/** Arguments of a call, a filter or a test. */
export interface CallArguments {
  readonly inOrder: readonly Expression[];
  readonly named: readonly { readonly name: string; readonly value: Expression }[];
  /** `*rest`. */
  readonly rest: Expression | undefined;
  /** `**named`. */
  readonly namedRest: Expression | undefined;
}

/** An expression. */
export type Expression =
  | { readonly kind: 'constant'; readonly value: Value }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'list' | 'tuple'; readonly items: readonly Expression[] }
  | {
      readonly kind: 'dict';
      readonly pairs: readonly { readonly key: Expression; readonly value: Expression }[];
    }
  | { readonly kind: 'attribute'; readonly of: Expression; readonly name: string }
  | { readonly kind: 'item'; readonly of: Expression; readonly key: Expression }
  | { readonly kind: 'slice'; readonly of: Expression; readonly bounds: readonly (Expression | undefined)[] }
  | { readonly kind: 'call'; readonly callee: Expression; readonly given: CallArguments }
  | {
      readonly kind: 'filter';
      readonly of: Expression | undefined;
      readonly name: string;
      readonly given: CallArguments;
    }
  | { readonly kind: 'test'; readonly of: Expression; readonly name: string; readonly given: CallArguments }
  | {
      readonly kind: 'binary';
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'sign'; readonly operator: string; readonly of: Expression }
  | { readonly kind: 'not'; readonly of: Expression }
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'concat'; readonly parts: readonly Expression[] }
  | {
      readonly kind: 'compare';
      readonly first: Expression;
      readonly rest: readonly { readonly operator: string; readonly value: Expression }[];
    }
  | {
      readonly kind: 'condition';
      readonly test: Expression;
      readonly whenTrue: Expression;
      readonly otherwise: Expression | undefined;
    };

/** The target of an assignment. */
export type Target =
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'member'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'targets'; readonly targets: readonly Target[] };

/** Parameters of a macro or of a `call` block. */
export interface Signature {
  readonly parameters: readonly string[];
  /** Defaults of the last parameters. */
  readonly defaults: readonly Expression[];
  /** Which special names the body uses. */
  readonly uses: { readonly caller: boolean; readonly kwargs: boolean; readonly varargs: boolean };
}

/** A statement. */
export type Statement =
  | { readonly kind: 'text'; readonly value: Value }
  | { readonly kind: 'output'; readonly value: Expression }
  | {
      readonly kind: 'if';
      readonly branches: readonly { readonly test: Expression; readonly body: Body }[];
      readonly otherwise: Body;
    }
  | {
      readonly kind: 'for';
      readonly target: Target;
      readonly over: Expression;
      readonly test: Expression | undefined;
      readonly isRecursive: boolean;
      /** Whether the body uses the variable `loop`. */
      readonly usesLoop: boolean;
      readonly body: Body;
      readonly otherwise: Body;
    }
  | { readonly kind: 'break' | 'continue' }
  | { readonly kind: 'set'; readonly target: Target; readonly value: Expression }
  | {
      readonly kind: 'set-block';
      readonly target: Target;
      readonly filter: Expression | undefined;
      readonly body: Body;
    }
  | { readonly kind: 'macro'; readonly name: string; readonly signature: Signature; readonly body: Body }
  | {
      readonly kind: 'call-block';
      readonly signature: Signature;
      readonly call: Extract<Expression, { kind: 'call' }>;
      readonly body: Body;
    }
  | { readonly kind: 'filter-block'; readonly filter: Expression; readonly body: Body }
  | {
      readonly kind: 'with';
      readonly targets: readonly Target[];
      readonly values: readonly Expression[];
      readonly body: Body;
    }
  /** `generation`, `autoescape` and `block`: a body in its own scope. */
  | { readonly kind: 'scope'; readonly body: Body; readonly condition: Expression | undefined }
  /** Tags that need other templates, of which there are none. */
  | { readonly kind: 'unavailable'; readonly tag: string };

export type Body = readonly Statement[];
