// Tools for templates that never read tools, such as SmolLM2's: the tools are described in the system message, calls are
// written in the assistant's messages, and results in messages of the user. The marks are those of Hermes, which many models
// have seen in training.
import type { ChatMessage } from '../messages/chat-message.ts';
import type { ToolDefinition } from '../messages/tools.ts';

/** The messages with the tools, calls and results as plain texts. */
export function withoutTools(
  messages: readonly ChatMessage[],
  tools: readonly ToolDefinition[],
): readonly ChatMessage[] {
  const plain: ChatMessage[] = [];
  for (const message of messages) {
    const { role, content, toolCalls } = message;
    const last = plain.at(-1);
    if (role === 'tool') {
      const result = `<tool_response>\n${content}\n</tool_response>`;
      const isSecond = last?.role === 'user' && last.content.endsWith('</tool_response>');
      if (isSecond) plain[plain.length - 1] = { ...last, content: `${last.content}\n${result}` };
      else plain.push({ role: 'user', content: result });
    } else if (toolCalls === undefined) plain.push(message);
    else {
      const calls = toolCalls.map(
        ({ name, arguments: written }) =>
          `<tool_call>\n{"name": ${JSON.stringify(name)}, "arguments": ${written}}\n</tool_call>`,
      );
      const { toolCalls: _, ...rest } = message;
      plain.push({ ...rest, content: [...(content === '' ? [] : [content]), ...calls].join('\n') });
    }
  }
  if (tools.length === 0) return plain;
  const [first] = plain;
  const prompt = toolPrompt(tools);
  if (first?.role !== 'system') return [{ role: 'system', content: prompt }, ...plain];
  return [{ ...first, content: `${first.content}\n\n${prompt}` }, ...plain.slice(1)];
}

/** The description of the tools for the model. */
function toolPrompt(tools: readonly ToolDefinition[]): string {
  const described = tools.map((tool) => JSON.stringify({ type: 'function', function: tool }));
  return [
    'You can call the following functions. Each line describes one function as JSON:',
    '<tools>',
    ...described,
    '</tools>',
    'To call a function, answer with its name and arguments as JSON between these marks, and nothing after them:',
    '<tool_call>',
    '{"name": "the name of the function", "arguments": {"the name of an argument": "its value"}}',
    '</tool_call>',
    'The result then comes between <tool_response> and </tool_response>.',
  ].join('\n');
}
