// A template: read once, rendered with variables.
import { createBudget, type Budget } from './budget.ts';
import { toValue } from './convert.ts';
import { failed } from './errors.ts';
import { filterTable } from './filters/index.ts';
import { globals } from './globals.ts';
import { execute } from './interpreter/execute.ts';
import { declare, scopeIn } from './interpreter/scope.ts';
import type { Run } from './run.ts';
import { parseTemplate } from './syntax/statements.ts';
import { createBuilder, piecesOf } from './text.ts';

/** A stretch of a rendering. */
export interface RenderedPart {
  readonly text: string;
  /** The source of the data that it came from (see `fromData`); undefined: the template wrote it. */
  readonly source: number | undefined;
}

/** How to render. */
export interface RenderOptions {
  /** What the rendering may use; one of its own by default. Renderings that share one also share the limits. */
  readonly budget?: Budget | undefined;
  /** The time that `strftime_now` tells; the clock's by default. */
  readonly now?: (() => Date) | undefined;
  /** Numbers from 0 up to 1 for the filter `random`; `Math.random` by default. */
  readonly random?: (() => number) | undefined;
}

/** What came of a rendering. */
export interface Rendering {
  /** The text in parts. */
  readonly parts: readonly RenderedPart[];
  /**
   * Sources of data of which the template took away all but white space by replacing it, such as the order `/no_think`:
   * it was read, though nothing of it is left.
   */
  readonly emptied: ReadonlySet<number>;
}

/** A template that was read. */
export interface Template {
  /**
   * Renders the template.
   *
   * @param variables strings, numbers, booleans, null, lists, plain objects, and data marked by `fromData`
   * @throws RondoError `BAD_TEMPLATE` where the template refuses what it was given, where an operation of it fails, and
   * where it takes more than `templateLimits`; `failureOf` tells which. `BAD_ARGUMENT` for variables of other kinds
   */
  render(variables: Readonly<Record<string, unknown>>, options?: RenderOptions): Rendering;
}

/** The stack of JavaScript is smaller than the limits suppose where the caller has used much of it. */
function guardStack<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof RangeError) throw failed('its parts are nested too deep for the stack');
    throw error;
  }
}

/**
 * Reads a template in the dialect of Jinja2 that Transformers renders chat templates with.
 *
 * @throws RondoError `BAD_TEMPLATE` for what is no Jinja, too long or nested too deep
 */
export function compileTemplate(source: string): Template {
  const body = guardStack(() => parseTemplate(source));
  return {
    render(variables, { budget = createBudget(), now = () => new Date(), random = Math.random } = {}) {
      const run: Run = { budget, filters: filterTable, now, random, emptied: new Set(), depth: 0 };
      return guardStack(() => {
        const outer = scopeIn(undefined);
        for (const [name, value] of globals) declare(outer, name, value);
        for (const [name, value] of Object.entries(variables)) {
          if (value !== undefined) declare(outer, name, toValue(value, budget));
        }
        const builder = createBuilder();
        execute(run, scopeIn(outer), body, builder);
        const parts = piecesOf(builder.finish()).map(({ value, source: from }) => ({
          text: value,
          source: from,
        }));
        return { parts, emptied: run.emptied };
      });
    },
  };
}
