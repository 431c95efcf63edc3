// Reads what the options of `rondo chat` name: a file with a template, and a file with tools.
import { reasonOf } from '@rondo/errors';
import type { ChatOptions } from '@rondo/model';
import type { Io } from '../io.ts';
import type { chatOptions, ValuesOf } from '../options.ts';
import { readText } from '../read-text.ts';
import { UsageError } from '../usage-error.ts';

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
    tools: tools === undefined ? undefined : await toolsOf(tools, io),
  };
}

/** The source of a template in a file, or the name of a template. Names have no `.` and no `/`. */
async function templateOf(given: string, io: Io): Promise<string> {
  return /[./\\]/.test(given) ? readFile('--chat-template', given, io) : given;
}

async function toolsOf(path: string, io: Io): Promise<ChatOptions['tools']> {
  const json = await readFile('--tools', path, io);
  try {
    return JSON.parse(json) as ChatOptions['tools'];
  } catch (error) {
    throw new UsageError(`--tools: ${path} is no JSON: ${reasonOf(error)}`);
  }
}

async function readFile(option: string, path: string, io: Io): Promise<string> {
  if (path === '-') throw new UsageError(`${option} cannot be stdin, which has the messages.`);
  return readText(path, io);
}
