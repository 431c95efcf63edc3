// Where the arguments of a call begin and end in an output.
import { describe, expect, it } from 'vitest';
import { createArgumentWatch } from './argument-watch.ts';
import { hermes } from './tool-calls/hermes.ts';
import { glm } from './tool-calls/glm.ts';

const parameters = { type: 'object', properties: { city: { type: 'string' } } };
const tools = [
  { name: 'get', parameters },
  { name: 'get_weather', parameters: { ...parameters, required: ['city'] } },
];

function dueAfter(...texts: readonly string[]) {
  const watch = createArgumentWatch(hermes, tools, '');
  for (const text of texts) watch.push(text);
  return watch.due;
}

describe('the arguments of a call', () => {
  it('are due as soon as the name is complete, whatever white space the model writes', () => {
    const before = '<tool_call>\n{"name": "get_weather", "arguments": ';
    for (let length = before.indexOf('er"') + 3; length <= before.length; length++) {
      const due = dueAfter(before.slice(0, length));
      expect(due?.schema).toBe(tools[1]?.parameters);
      expect(before.slice(0, length) + (due?.rest ?? '')).toBe(before);
    }
    expect(dueAfter('<tool_call>{"name":"get_weather",')?.rest).toBe(' "arguments": ');
  });

  it('are not due before the name is complete, in other text, and for a name that is no tool', () => {
    for (const text of [
      '<tool_call>\n{"name": "get_weath',
      '<tool_call>\n{"name": "get_weather',
      'Call "get_weather", please',
      '<tool_call>\n{"name": "get_whether",',
      '',
    ])
      expect(dueAfter(text)).toBeUndefined();
  });

  it('of a name that begins another name are due for the whole name alone', () => {
    expect(dueAfter('<tool_call>\n{"name": "get"')?.schema).toBe(parameters);
    expect(dueAfter('<tool_call>\n{"name": "get')).toBeUndefined();
  });

  it('are complete with their last brace; then the next call can come', () => {
    const watch = createArgumentWatch(hermes, tools, '<tool_call>\n{"name": "get", "arguments": ');
    expect(watch.due?.rest).toBe('');
    watch.push('{"city": {"a": "}"');
    expect(watch.isComplete).toBe(false);
    watch.push('}}');
    expect(watch.isComplete).toBe(true);
    watch.end();
    expect(watch.due).toBeUndefined();
    watch.push('}\n</tool_call>\n<tool_call>\n{"name": "get_weather"');
    expect(watch.due?.schema).toBe(tools[1]?.parameters);
  });

  it('in a notation of the family are not followed', () => {
    const watch = createArgumentWatch(glm, tools, '<tool_call>get_weather\n');
    expect(watch.due).toBeUndefined();
  });
});
