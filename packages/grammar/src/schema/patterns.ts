// Whether texts of a schema, such as listed values and names of properties, match its patterns. The automaton decides,
// because a pattern of strangers may take JavaScript's own matcher for ever.
import { buildAutomaton } from '../automaton/build.ts';
import { createMover } from '../engine/configurations.ts';
import { createFrames } from '../engine/frames.ts';
import { grammarFailureOf } from '../errors.ts';
import { parseSearch } from '../regex/parse.ts';
import type { SchemaContext } from './context.ts';
import type { SchemaObject } from './schema-nodes.ts';

const encoder = new TextEncoder();

/**
 * Tells whether texts match a pattern. Every text matches a pattern that is not supported, which is reported.
 *
 * @throws RondoError `BAD_GRAMMAR` if the pattern cannot be read
 */
export function patternTest(
  context: SchemaContext,
  node: SchemaObject,
  pattern: string,
): (text: string) => boolean {
  const { patternTests } = context;
  let test = patternTests.get(pattern);
  if (test === undefined) patternTests.set(pattern, (test = compiledTest(pattern)));
  if (test !== null) return test;
  context.unsupported(node, 'pattern', pattern);
  return () => true;
}

/** A test; null for a pattern that is not supported. */
function compiledTest(pattern: string): ((text: string) => boolean) | null {
  try {
    const automaton = buildAutomaton({
      root: 'pattern',
      bodies: new Map([['pattern', parseSearch(pattern)]]),
    });
    const mover = createMover(automaton);
    return (text) => {
      // The limit of steps is for one text.
      mover.restart();
      const frames = createFrames();
      let at = mover.at(automaton.starts[automaton.root], frames.bottom, frames);
      for (const byte of encoder.encode(text)) at = mover.afterByte(at, byte, frames);
      return at.mayEnd;
    };
  } catch (error) {
    const failure = grammarFailureOf(error);
    if (failure === 'unsatisfiable') return () => false;
    if (failure !== 'unsupported') throw error;
    return null;
  }
}
