// Reads the source of a chat template. Everything that would make reading itself slow is refused before it.
import { parse, tokenize } from '@huggingface/jinja';
import { RondoError } from '@rondo/errors';
import type { JinjaNode } from './limited-interpreter.ts';
import { templateLimits } from './template-limits.ts';
import { overLimit } from './value-size.ts';

const opening = new Set(['OpenParen', 'OpenSquareBracket', 'OpenCurlyBracket']);
const closing = new Set(['CloseParen', 'CloseSquareBracket', 'CloseCurlyBracket']);

function checkWhitespace(source: string): void {
  let run = 0;
  for (let at = 0; at < source.length; at++) {
    run = source.charAt(at).trim() === '' ? run + 1 : 0;
    if (run > templateLimits.whitespaceRun)
      throw overLimit('it has too much white space', templateLimits.whitespaceRun);
  }
}

function checkNesting(tokens: readonly { readonly type: string }[]): void {
  let depth = 0;
  for (const { type } of tokens) {
    if (opening.has(type)) depth++;
    else if (closing.has(type)) depth--;
    if (depth > templateLimits.nestedBrackets) {
      throw overLimit('its brackets are nested too deep', templateLimits.nestedBrackets);
    }
  }
}

/** Whatever was thrown, as the error for a template that cannot be used. */
export function asTemplateError(error: unknown, what: string): RondoError {
  if (error instanceof RondoError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new RondoError('BAD_TEMPLATE', `The chat template ${what}: ${reason}`, { cause: error });
}

/**
 * Parses a template as Transformers does (`trim_blocks` and `lstrip_blocks` on).
 *
 * @throws RondoError `BAD_TEMPLATE` for a template that is no Jinja, or over the limits
 */
export function compileTemplate(source: string): JinjaNode {
  if (source.length > templateLimits.sourceCharacters) {
    throw overLimit(`it is ${source.length} characters long`, templateLimits.sourceCharacters);
  }
  checkWhitespace(source);
  try {
    const tokens = tokenize(source, { lstrip_blocks: true, trim_blocks: true });
    checkNesting(tokens);
    return parse(tokens);
  } catch (error) {
    throw asTemplateError(error, 'cannot be read');
  }
}
