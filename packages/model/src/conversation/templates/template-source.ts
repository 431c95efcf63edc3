// The sources of a model's templates, and the choice among them.
import { quoted, shownValue } from '@rondo/errors';
import type { FileTemplates } from '../../common/file-templates.ts';
import { badArgument } from '../messages/bad-argument.ts';
import { knownTemplate, knownTemplateNames } from './known-templates.ts';

/** The templates of a conversation. */
export interface ChosenTemplates {
  readonly main: string;
  /** The template for conversations with tools; undefined: `main` serves for them too. */
  readonly toolUse: string | undefined;
}

/** The source of a template; undefined if the file has no template, or an empty template. */
export function templateSource(metadata: string | undefined): string | undefined {
  const name = metadata?.trim();
  if (name === undefined || name === '') return undefined;
  return isJinja(name) ? metadata : (knownTemplate(name) ?? metadata);
}

/** Whether a text is the source of a template, and no name. */
const isJinja = (text: string): boolean => text.includes('{');

/**
 * The templates of a conversation.
 *
 * @param given a Jinja source, the name of a known format, or the name of a template of the file; undefined: the file's own
 * @returns undefined if nothing is given and the file has no template
 * @throws RondoError `BAD_ARGUMENT` for a name that is not known
 */
export function chooseTemplates(given: string | undefined, file: FileTemplates): ChosenTemplates | undefined {
  if (given !== undefined) {
    if (typeof given !== 'string') {
      throw badArgument(`template must be a Jinja source or a name, not ${shownValue(given)}.`, {
        option: 'template',
      });
    }
    return { main: sourceOf(given, file), toolUse: undefined };
  }
  const main = templateSource(file.main) ?? templateSource(file.named.get('default'));
  const toolUse = templateSource(file.named.get('tool_use'));
  if (main === undefined) return toolUse === undefined ? undefined : { main: toolUse, toolUse };
  return { main, toolUse };
}

function sourceOf(given: string, { named }: FileTemplates): string {
  const name = given.trim();
  const source = named.get(name) ?? (isJinja(name) ? given : knownTemplate(name));
  if (source !== undefined) return source;
  const names = [...named.keys(), ...knownTemplateNames];
  throw badArgument(
    `There is no chat template named ${quoted(name)}. Give a Jinja source, or one of the names ${names.join(', ')}.`,
    { option: 'template', name, known: names },
  );
}
