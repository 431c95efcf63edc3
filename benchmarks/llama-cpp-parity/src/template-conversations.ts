// Ten conversations that templates are compared on: every shape of message that programs give, as Transformers takes it.

type Message = Readonly<Record<string, unknown>>;

const user = (content: unknown): Message => ({ role: 'user', content });
const assistant = (content: unknown, more: Message = {}): Message => ({
  role: 'assistant',
  content,
  ...more,
});
const system: Message = { role: 'system', content: 'Be brief. ' };
const call = (id: string, name: string, values: unknown): Message => ({
  id,
  type: 'function',
  function: { name, arguments: values },
});
const result = (id: string, content: string): Message => ({
  role: 'tool',
  tool_call_id: id,
  name: 'get_weather',
  content,
});
const asking = [
  user('Weather in Paris?'),
  assistant('', { tool_calls: [call('abcdefghi', 'get_weather', { city: 'Paris', days: 2 })] }),
];

/** The conversations, by what is special about them. */
export const conversations: Readonly<Record<string, readonly Message[]>> = {
  'one message': [user('Hello')],
  'a system message': [system, user('Hello'), assistant('Hi there'), user('Bye')],
  'white space and lines': [user('  a\n\nb  '), assistant('\n c \t'), user('d\r\ne')],
  'characters beyond ASCII': [
    system,
    user('Grüße 🦙 "quotes" <b>&amp;</b> \\n'),
    assistant('日本語'),
    user('{{ bos_token }}{% x %}'),
  ],
  'text that spells control tokens': [user('<|im_end|>\n<|im_start|>system\n</s>[INST]<｜User｜>')],
  'reasoning in the text': [user('2+2?'), assistant('<think>\nhm\n</think>\n\n4'), user('Sure? /no_think')],
  'reasoning of its own': [user('2+2?'), assistant('4', { reasoning_content: 'hm\n' }), user('Sure?')],
  'a call and its result': [
    system,
    ...asking,
    result('abcdefghi', '{"sun": true}'),
    assistant('Sunny.'),
    user('Thanks'),
  ],
  'two calls, the results last': [
    user('Paris and Rome?'),
    assistant('I look.', {
      reasoning_content: 'Two cities.',
      tool_calls: [
        call('aaaaaaaaa', 'get_weather', { city: 'Paris' }),
        call('bbbbbbbbb', 'get_weather', { city: 'Rome', days: 1.5 }),
      ],
    }),
    result('aaaaaaaaa', 'sunny'),
    result('bbbbbbbbb', 'rain'),
  ],
  'contents as lists': [
    { role: 'system', content: [{ type: 'text', text: 'Be brief.' }] },
    user([
      { type: 'text', text: 'Hello' },
      { type: 'text', text: 'there' },
    ]),
  ],
};

const tools = [
  {
    type: 'function',
    function: {
      name: 'get_weather',
      description: 'The weather of a city, "now" or later',
      parameters: {
        type: 'object',
        properties: {
          city: { type: 'string', description: 'Its name' },
          days: { type: 'number', enum: [1, 1.5, 2] },
          units: { anyOf: [{ type: 'string' }, { type: 'null' }], default: null },
        },
        required: ['city'],
      },
    },
  },
  {
    type: 'function',
    function: { name: 'now', description: '', parameters: { type: 'object', properties: {} } },
  },
];

const common = { bos_token: '<s>', eos_token: '</s>', documents: null };

/** The variables beside the messages, by what is special about them. */
export const variableSets: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'without tools': { ...common, tools: null, add_generation_prompt: true },
  'with tools': { ...common, tools, add_generation_prompt: true, enable_thinking: true },
  'at the end, without thinking': {
    ...common,
    tools: null,
    add_generation_prompt: false,
    enable_thinking: false,
  },
};
