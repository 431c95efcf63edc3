// The order of messages: results answer calls, and the assistant does not speak twice.
import { quoted } from '@rondo/errors';
import { badArgument } from './bad-argument.ts';
import type { ChatMessage, ToolCall } from './chat-message.ts';

/**
 * The messages, with each result at its call: a result without an id gets the id of the only call that waits.
 *
 * @throws RondoError `BAD_ARGUMENT` for two messages of the assistant in a row, and for a result without a call
 */
export function inOrder(messages: readonly ChatMessage[]): ChatMessage[] {
  let waiting: readonly ToolCall[] = [];
  return messages.map((message, index) => {
    const { role, toolCallId } = message;
    if (role === 'assistant') {
      if (messages[index - 1]?.role === 'assistant') {
        throw badArgument(`Messages ${index} and ${index + 1} are both of the assistant. Join them.`, {
          index,
        });
      }
      waiting = message.toolCalls ?? [];
      return message;
    }
    if (role !== 'tool') return message;
    const call =
      toolCallId === undefined && waiting.length === 1
        ? waiting[0]
        : waiting.find(({ id }) => id === toolCallId);
    if (call === undefined) {
      throw badArgument(
        toolCallId === undefined
          ? `Message ${index + 1} is the result of a tool, but ${waiting.length === 0 ? 'no call waits for a result' : 'several calls wait for results: give its toolCallId'}.`
          : `Message ${index + 1} is the result of the call ${quoted(toolCallId)}, but no such call waits for a result.`,
        { index, toolCallId },
      );
    }
    waiting = waiting.filter((other) => other !== call);
    return { ...message, toolCallId: call.id, name: message.name ?? call.name };
  });
}
