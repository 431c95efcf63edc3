// Macros and the bodies of `call` blocks: they are called with arguments and return text.
import { failed } from '../errors.ts';
import { enter, type Run } from '../run.ts';
import type { Body, Signature } from '../syntax/nodes.ts';
import { createBuilder, text, type TextBuilder } from '../text.ts';
import { dictOf, tuple, undefinedValue, type Callable, type Named, type Value } from '../values.ts';
import { evaluate } from './evaluate.ts';
import { declare, scopeIn, type Scope } from './scope.ts';

/** Renders a body into a builder. */
export type Render = (run: Run, scope: Scope, body: Body, into: TextBuilder) => void;

/** A macro defined in `scope`. */
export function createMacro(
  scope: Scope,
  name: string | undefined,
  signature: Signature,
  body: Body,
  render: Render,
): Callable {
  const { parameters, defaults, uses } = signature;
  const shown = name === undefined ? 'None' : `'${name}'`;

  function call(run: Run, given: readonly Value[], named: Named): Value {
    const inner = scopeIn(scope);
    const left = new Map(named);
    run.budget.collect(2 * left.size + given.length);
    for (const [index, parameter] of parameters.entries()) {
      let value: Value | undefined = given[index];
      if (index >= given.length) {
        value = left.get(parameter);
        left.delete(parameter);
      }
      if (value === undefined) {
        const fallback = defaults[index - parameters.length + defaults.length];
        value =
          fallback === undefined
            ? undefinedValue(`parameter '${parameter}' was not provided`)
            : evaluate(run, inner, fallback);
      }
      declare(inner, parameter, value);
    }
    if (uses.caller) {
      declare(inner, 'caller', left.get('caller') ?? undefinedValue('No caller defined'));
      left.delete('caller');
    }
    if (uses.kwargs) declare(inner, 'kwargs', dictOf(left));
    else if (left.size > 0) {
      throw failed(`macro ${shown} takes no keyword argument '${[...left.keys()][0]}'`);
    }
    const rest = given.slice(parameters.length);
    if (uses.varargs) declare(inner, 'varargs', tuple(rest));
    else if (rest.length > 0) {
      throw failed(`macro ${shown} takes not more than ${parameters.length} argument(s)`);
    }
    enter(run);
    const builder = createBuilder();
    render(run, inner, body, builder);
    run.depth--;
    return builder.finish();
  }

  return {
    kind: 'callable',
    name: name ?? 'caller',
    printed: `<Macro ${name === undefined ? 'anonymous' : shown}>`,
    call,
    attributes: new Map<string, Value>([
      ['name', name === undefined ? null : text(name)],
      ['arguments', tuple(parameters.map((parameter) => text(parameter)))],
      ['catch_kwargs', uses.kwargs],
      ['catch_varargs', uses.varargs],
      ['caller', uses.caller],
    ]),
  };
}
