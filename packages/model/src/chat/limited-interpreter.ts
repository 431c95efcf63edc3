// Runs a parsed Jinja template under limits. The interpreter of @huggingface/jinja has none, but evaluates everything
// through one method: wrapping it counts each step and sees each value, in Node and browsers alike, without a thread.
import { type Environment, Interpreter } from '@huggingface/jinja';
import { templateLimits } from './template-limits.ts';
import { charactersPerElement, createSizeMeter, type JinjaValue, overLimit } from './value-size.ts';

/** A node of a parsed template, as far as this project looks at it. */
export interface JinjaNode {
  readonly type: string;
  readonly filter?: JinjaNode;
  readonly callee?: JinjaNode;
  readonly args?: readonly JinjaNode[];
  readonly value?: unknown;
  readonly argument?: unknown;
}

// The part of the library's interpreter that is used and wrapped. Its published types do not resolve under NodeNext.
interface JinjaInterpreter {
  evaluate(node: JinjaNode | undefined, scope: unknown): JinjaValue;
  run(program: JinjaNode): JinjaValue;
}

/** What is left of the time for one call, shared by all that it renders. */
export interface Deadline {
  /** @throws RondoError `BAD_TEMPLATE` once the time is over */
  check(): void;
}

/** A deadline that begins now. `now` counts milliseconds. */
export function startDeadline(now: () => number = () => performance.now()): Deadline {
  const end = now() + templateLimits.milliseconds;
  return {
    check() {
      if (now() > end) throw overLimit('it took too many milliseconds', templateLimits.milliseconds);
    },
  };
}

// One evaluation under way, and what its parts came to so far, in the order in which they were evaluated.
interface Frame {
  readonly node: JinjaNode | undefined;
  readonly depth: number;
  firstPart: JinjaValue | undefined;
  characters: number;
  largestPart: number;
}

const multiplyingFunctions = ['replace', 'join'];

function checkProduct(characters: number, factor: number): void {
  const product = characters * factor;
  if (product > templateLimits.productCharacters) {
    throw overLimit(`one operation could write ${product} characters`, templateLimits.productCharacters);
  }
}

// Some filters write as much as the product of their operand and an argument. The argument is seen before they run.
function checkFilterArgument(frame: Frame, node: JinjaNode | undefined, value: JinjaValue): void {
  const filter = frame.node?.filter;
  const isArgument = filter?.args?.some(
    (each) => each === node || each.value === node || each.argument === node,
  );
  if (isArgument !== true) return;
  const elements = frame.characters / charactersPerElement + 1;
  const amount = typeof value.value === 'number' ? Math.abs(value.value) : 0;
  const text = typeof value.value === 'string' ? value.value.length : 0;
  switch (filter?.callee?.value) {
    case 'replace':
      checkProduct(frame.characters + 1, text);
      break;
    case 'join':
      checkProduct(elements, text);
      break;
    case 'indent':
      checkProduct(frame.characters + 1, amount);
      break;
    case 'tojson':
      checkProduct(elements, Math.max(amount, text) * templateLimits.nestedValues);
      break;
    default:
  }
}

/**
 * Renders a program.
 *
 * @throws RondoError `BAD_TEMPLATE` for a limit passed; whatever the interpreter throws for anything else
 */
export function runLimited(program: JinjaNode, environment: Environment, deadline: Deadline): string {
  const interpreter: JinjaInterpreter = new Interpreter(environment);
  const evaluate = interpreter.evaluate.bind(interpreter);
  const sizeOf = createSizeMeter();
  // The text that a function such as `content.replace` belongs to is no part of its call: remembered until then.
  const receiverCharacters = new WeakMap<object, number>();
  let steps = 0;
  let current: Frame | undefined;

  const finish = (frame: Frame, parent: Frame | undefined, value: JinjaValue): void => {
    const characters = sizeOf(value);
    const receiver = frame.firstPart;
    if (frame.node?.type === 'MemberExpression' && receiver !== undefined && value.type === 'FunctionValue') {
      if (multiplyingFunctions.some((name) => receiver.builtins?.get(name) === value)) {
        receiverCharacters.set(value, sizeOf(receiver));
      }
    }
    if (parent === undefined) return;
    const own = receiverCharacters.get(value);
    if (own !== undefined) checkProduct(own + 1, parent.largestPart);
    checkFilterArgument(parent, frame.node, value);
    parent.firstPart ??= value;
    parent.characters += characters;
    parent.largestPart = Math.max(parent.largestPart, characters);
  };

  interpreter.evaluate = (node, scope) => {
    const parent = current;
    const depth = (parent?.depth ?? 0) + 1;
    if (++steps > templateLimits.steps) throw overLimit('it takes too many steps', templateLimits.steps);
    if (depth > templateLimits.nestedEvaluations) {
      throw overLimit('its parts are nested too deep', templateLimits.nestedEvaluations);
    }
    deadline.check();
    const frame: Frame = { node, depth, firstPart: undefined, characters: 0, largestPart: 0 };
    current = frame;
    try {
      const value = evaluate(node, scope);
      finish(frame, parent, value);
      return value;
    } finally {
      current = parent;
    }
  };

  return String(interpreter.run(program).value);
}
