// Reads what the options of `rondo chat` name: a file with a template, and a file with tools.
import type { ChatOptions } from '@rondo/model';
import type { Io } from '../io.ts';
import type { chatOptions, ValuesOf } from '../options.ts';
import { readNamedFile, readNamedJson } from '../read-text.ts';

/** What stdin has, so that neither file can be there. */
const STDIN_HAS = 'the messages';

type Values = Pick<ValuesOf<typeof chatOptions>, 'system' | 'chatTemplate' | 'tools'>;

/**
 * The options of a conversation.
 *
 * @throws UsageError for a file of tools that is no JSON; RondoError `READ_FAILED`
 */
export async function chatSetup({ system, chatTemplate, tools }: Values, io: Io): Promise<ChatOptions> {
  return {
    system,
    template: chatTemplate === undefined ? undefined : await templateOf(chatTemplate, io),
    tools:
      tools === undefined
        ? undefined
        : ((await readNamedJson('--tools', tools, STDIN_HAS, io)) as ChatOptions['tools']),
  };
}

/** The source of a template in a file, or the name of a template. Names have no `.` and no `/`. */
async function templateOf(given: string, io: Io): Promise<string> {
  return /[./\\]/.test(given) ? readNamedFile('--chat-template', given, STDIN_HAS, io) : given;
}
