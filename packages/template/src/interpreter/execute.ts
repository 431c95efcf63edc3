// Runs the statements of a template.
import { failed } from '../errors.ts';
import { each, iterate } from '../iterate.ts';
import { strOf } from '../repr.ts';
import { enter, type Run } from '../run.ts';
import type { Body, Statement } from '../syntax/nodes.ts';
import { chargeCopy, createBuilder, type TextBuilder } from '../text.ts';
import { isText, isTrue, stream, typeName, type Value } from '../values.ts';
import { callValue, evaluate, evaluateArguments, evaluateFilter } from './evaluate.ts';
import { createLoop } from './loop.ts';
import { createMacro } from './macro.ts';
import { assign, declare, scopeIn, type Scope } from './scope.ts';

/** How a body ended: after its last statement, or by a statement that ends or continues the loop around it. */
type Ending = 'end' | 'break' | 'continue';

function write(run: Run, into: TextBuilder, value: Value): void {
  const written = strOf(run, value);
  run.budget.work(2);
  chargeCopy(run.budget, written);
  into.addText(written);
}

/** Writes the value of a block, which must be a text. */
function writeText(run: Run, into: TextBuilder, value: Value): void {
  if (!isText(value)) throw failed(`a block came to ${typeName(value)}, which is no text`);
  write(run, into, value);
}

/** Renders a body into its own text. */
function renderBody(run: Run, scope: Scope, body: Body, into: TextBuilder): void {
  const ending = executeBody(run, scope, body, into);
  if (ending !== 'end') throw failed(`'${ending}' outside loop`);
}

type For = Extract<Statement, { kind: 'for' }>;

/** The elements that pass the condition of a loop. */
function* passing(
  run: Run,
  scope: Scope,
  { target, test }: For,
  over: Value,
): Generator<Value, void, undefined> {
  for (const item of each(run, over)) {
    const inner = scopeIn(scope);
    assign(run, inner, target, item);
    if (test === undefined || isTrue(evaluate(run, inner, test))) yield item;
  }
}

function executeFor(run: Run, scope: Scope, node: For, over: Value, into: TextBuilder, depth: bigint): void {
  const elements = node.test === undefined ? over : stream(passing(run, scope, node, over));
  const recurse = (other: Value, inner: bigint): Value => {
    enter(run);
    const builder = createBuilder();
    executeFor(run, scope, node, other, builder, inner);
    run.depth--;
    return builder.finish();
  };
  const loop = node.usesLoop
    ? createLoop(run, elements, depth, node.isRecursive ? recurse : undefined)
    : undefined;
  const items = loop?.elements ?? iterate(run, elements);
  let isWhole = false;
  for (let next = items.next(); !next.done; next = items.next()) {
    run.budget.work(1);
    const inner = scopeIn(scope);
    if (loop !== undefined) declare(inner, 'loop', loop.variable);
    assign(run, inner, node.target, next.value);
    const ending = executeBody(run, inner, node.body, into);
    if (ending === 'break') break;
    // As in Jinja2, a turn that ends with `continue` does not prevent `else`.
    if (ending === 'end') isWhole = true;
  }
  if (!isWhole && node.otherwise.length > 0) {
    renderBody(run, scopeIn(scope), node.otherwise, into);
  }
}

function executeNode(run: Run, scope: Scope, node: Statement, into: TextBuilder): Ending {
  switch (node.kind) {
    case 'text':
      write(run, into, node.value);
      return 'end';
    case 'output':
      write(run, into, evaluate(run, scope, node.value));
      return 'end';
    case 'if': {
      for (const { test, body } of node.branches) {
        if (isTrue(evaluate(run, scope, test))) return executeBody(run, scope, body, into);
      }
      return executeBody(run, scope, node.otherwise, into);
    }
    case 'for':
      executeFor(run, scope, node, evaluate(run, scope, node.over), into, 0n);
      return 'end';
    case 'break':
    case 'continue':
      return node.kind;
    case 'set':
      assign(run, scope, node.target, evaluate(run, scope, node.value));
      return 'end';
    case 'set-block': {
      const builder = createBuilder();
      const inner = scopeIn(scope);
      renderBody(run, inner, node.body, builder);
      const body = builder.finish();
      const value = node.filter === undefined ? body : evaluateFilter(run, inner, node.filter, body);
      assign(run, scope, node.target, value);
      return 'end';
    }
    case 'macro':
      declare(scope, node.name, createMacro(scope, node.name, node.signature, node.body, renderBody));
      return 'end';
    case 'call-block': {
      const caller = createMacro(scope, undefined, node.signature, node.body, renderBody);
      const callee = evaluate(run, scope, node.call.callee);
      const { given, named } = evaluateArguments(run, scope, node.call.given);
      writeText(run, into, callValue(run, callee, { given, named: new Map(named).set('caller', caller) }));
      return 'end';
    }
    case 'filter-block': {
      const builder = createBuilder();
      const inner = scopeIn(scope);
      renderBody(run, inner, node.body, builder);
      writeText(run, into, evaluateFilter(run, inner, node.filter, builder.finish()));
      return 'end';
    }
    case 'with': {
      const inner = scopeIn(scope);
      const values = node.values.map((value) => evaluate(run, scope, value));
      for (const [index, target] of node.targets.entries()) assign(run, inner, target, values[index]);
      return executeBody(run, inner, node.body, into);
    }
    case 'scope': {
      if (node.condition !== undefined && isTrue(evaluate(run, scope, node.condition))) {
        throw failed('autoescape is not available');
      }
      return executeBody(run, scopeIn(scope), node.body, into);
    }
    case 'unavailable':
      throw failed(`'${node.tag}' needs other templates, and there are none`);
  }
}

function executeBody(run: Run, scope: Scope, body: Body, into: TextBuilder): Ending {
  for (const statement of body) {
    enter(run);
    const ending = executeNode(run, scope, statement, into);
    run.depth--;
    if (ending !== 'end') return ending;
  }
  return 'end';
}

/** Renders a whole template. @throws RondoError `BAD_TEMPLATE` */
export function execute(run: Run, scope: Scope, body: Body, into: TextBuilder): void {
  renderBody(run, scope, body, into);
}
