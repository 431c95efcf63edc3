// The forms in which messages are shown to a template. Templates differ in what they can read: some refuse a system
// message or never look at it, some read contents as lists of typed pieces only.
import { fromData } from '@rondo/template';

/** The parts of a message on which a template's text depends. */
interface Message {
  readonly role: string;
  readonly content: string;
}

/** A message as a template sees it. */
export interface ShownMessage {
  readonly role: string;
  readonly content: unknown;
}

/** Messages in one form. */
export interface MessageForm {
  readonly shown: readonly ShownMessage[];
  /**
   * The numbers of the messages whose text a rendering must contain. Answers of the assistant are not among them:
   * templates leave out the reasoning of answers.
   */
  readonly expected: readonly number[];
}

/**
 * Marks the characters of the list itself, such as `[{`, as opposed to the text of a message. A rendering must not contain
 * them.
 */
export const wrapperSource = -1;

const isSystem = (role: string): boolean => role === 'system' || role === 'developer';

/** Whether a message has to leave a trace in a rendering. */
const isExpected = ({ role, content }: Message): boolean => role !== 'assistant' && content.trim() !== '';

/**
 * The messages as they are.
 *
 * @param asLists whether each content is a list of one piece of text, as SmolVLM's template reads contents
 */
export function plainForm(messages: readonly Message[], asLists: boolean): MessageForm {
  return formOf(
    messages.map((message, index) => ({ ...message, index })),
    asLists,
  );
}

/**
 * The messages, with each system message that the template left out written before the user's next message. Undefined if there
 * is no system message to move, or no message of the user to move it to.
 *
 * @param isLeftOut whether the template left out the system message of that number
 */
export function foldedForm(
  messages: readonly Message[],
  asLists: boolean,
  isLeftOut: (index: number) => boolean,
): MessageForm | undefined {
  const folded: (Message & { index: number })[] = [];
  let waiting: string[] = [];
  let isChanged = false;
  for (const [index, { role, content }] of messages.entries()) {
    if (isSystem(role) && isLeftOut(index)) {
      if (content.trim() !== '') waiting.push(content);
      isChanged = true;
    } else if (role === 'user') {
      folded.push({ role, content: [...waiting, content].join('\n'), index });
      waiting = [];
    } else folded.push({ role, content, index });
  }
  return isChanged && waiting.length === 0 ? formOf(folded, asLists) : undefined;
}

function formOf(messages: readonly (Message & { index: number })[], asLists: boolean): MessageForm {
  return {
    shown: messages.map(({ role, content, index }) => {
      const text = fromData(content, index);
      return { role, content: asLists ? fromData([{ type: 'text', text }], wrapperSource) : text };
    }),
    expected: messages.filter(isExpected).map(({ index }) => index),
  };
}
