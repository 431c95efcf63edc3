// The chat formats that are known by name, for files without a template and for those who want another.
import { turnTemplate, type Around, type Turns } from './turn-template.ts';

/** The same texts around the messages of all roles; `$ROLE` is the name of the role. */
function sameForAll(before: string, after: string): Pick<Turns, 'system' | 'user' | 'assistant' | 'other'> {
  const of = (role: string): Around => [before.replace('$ROLE', role), after.replace('$ROLE', role)];
  return { system: of('system'), user: of('user'), assistant: of('assistant'), other: [before, after] };
}

const instruction = (space: string): Around => [`[INST]${space}`, '[/INST]'];

/** Formats by name. A later name of a list is another spelling. */
const formats: readonly (readonly [names: readonly string[], turns: Turns])[] = [
  [['chatml'], { ...sameForAll('<|im_start|>$ROLE\n', '<|im_end|>\n'), prompt: '<|im_start|>assistant\n' }],
  [
    ['llama-2', 'llama2-sys'],
    {
      systemInUser: ['<<SYS>>\n', '\n<</SYS>>\n\n'],
      user: ['$BOS[INST] ', ' [/INST]'],
      assistant: [' ', ' $EOS'],
      prompt: '',
      trims: ['system', 'user', 'assistant'],
    },
  ],
  [
    ['llama-3'],
    {
      begin: '$BOS',
      ...sameForAll('<|start_header_id|>$ROLE<|end_header_id|>\n\n', '<|eot_id|>'),
      prompt: '<|start_header_id|>assistant<|end_header_id|>\n\n',
      trims: ['system', 'user', 'assistant'],
    },
  ],
  [
    ['llama-4'],
    {
      begin: '$BOS',
      ...sameForAll('<|header_start|>$ROLE<|header_end|>\n\n', '<|eot|>'),
      prompt: '<|header_start|>assistant<|header_end|>\n\n',
      trims: ['system', 'user', 'assistant'],
    },
  ],
  [
    ['mistral-v1'],
    {
      begin: '$BOS',
      systemInUser: ['', '\n\n'],
      user: [' [INST] ', ' [/INST]'],
      assistant: [' ', '$EOS'],
      prompt: '',
    },
  ],
  [
    ['mistral-v3'],
    {
      begin: '$BOS',
      systemInUser: ['', '\n\n'],
      user: instruction(' '),
      assistant: [' ', '$EOS'],
      prompt: '',
      trims: ['assistant'],
    },
  ],
  [
    ['mistral-v3-tekken'],
    {
      begin: '$BOS',
      systemInUser: ['', '\n\n'],
      user: instruction(''),
      assistant: ['', '$EOS'],
      prompt: '',
    },
  ],
  [
    ['mistral-v7'],
    {
      begin: '$BOS',
      system: ['[SYSTEM_PROMPT] ', '[/SYSTEM_PROMPT]'],
      user: instruction(' '),
      assistant: [' ', '$EOS'],
      prompt: '',
    },
  ],
  [
    ['mistral-v7-tekken'],
    {
      begin: '$BOS',
      system: ['[SYSTEM_PROMPT]', '[/SYSTEM_PROMPT]'],
      user: instruction(''),
      assistant: ['', '$EOS'],
      prompt: '',
    },
  ],
  [
    ['gemma'],
    {
      begin: '$BOS',
      systemInUser: ['', '\n\n'],
      user: ['<start_of_turn>user\n', '<end_of_turn>\n'],
      assistant: ['<start_of_turn>model\n', '<end_of_turn>\n'],
      prompt: '<start_of_turn>model\n',
      trims: ['system', 'user', 'assistant'],
    },
  ],
  [['phi-3'], { ...sameForAll('<|$ROLE|>\n', '<|end|>\n'), prompt: '<|assistant|>\n' }],
  [
    ['phi-4'],
    { ...sameForAll('<|im_start|>$ROLE<|im_sep|>', '<|im_end|>'), prompt: '<|im_start|>assistant<|im_sep|>' },
  ],
  [['falcon3'], { ...sameForAll('<|$ROLE|>\n', '\n'), prompt: '<|assistant|>\n' }],
  [['zephyr'], { ...sameForAll('<|$ROLE|>\n', '$EOS\n'), prompt: '<|assistant|>\n' }],
  [['monarch'], { ...sameForAll('$BOS$ROLE\n', '$EOS\n'), prompt: '$BOSassistant\n' }],
  [
    ['orion'],
    {
      begin: '$BOS',
      systemInUser: ['', '\n\n'],
      user: ['Human: ', '\n\nAssistant: $EOS'],
      assistant: ['', '$EOS'],
      prompt: '',
    },
  ],
  [
    ['openchat'],
    {
      begin: '$BOS',
      system: ['', '<|end_of_turn|>'],
      user: ['GPT4 Correct User: ', '<|end_of_turn|>'],
      assistant: ['GPT4 Correct Assistant: ', '<|end_of_turn|>'],
      prompt: 'GPT4 Correct Assistant:',
    },
  ],
  [
    ['vicuna'],
    {
      begin: '$BOS',
      system: ['', '\n\n'],
      user: ['USER: ', '\n'],
      assistant: ['ASSISTANT: ', '</s>\n'],
      prompt: 'ASSISTANT:',
    },
  ],
  [
    ['vicuna-orca'],
    {
      begin: '$BOS',
      system: ['SYSTEM: ', '\n'],
      user: ['USER: ', '\n'],
      assistant: ['ASSISTANT: ', '</s>\n'],
      prompt: 'ASSISTANT:',
    },
  ],
  [
    ['alpaca'],
    {
      begin: '$BOS',
      system: ['', '\n\n'],
      user: ['### Instruction:\n', '\n\n'],
      assistant: ['### Response:\n', '$EOS\n\n'],
      prompt: '### Response:\n',
    },
  ],
  [
    ['deepseek-v1', 'deepseek'],
    {
      begin: '$BOS',
      system: ['', ''],
      user: ['### Instruction:\n', '\n'],
      assistant: ['### Response:\n', '\n<|EOT|>\n'],
      prompt: '### Response:\n',
    },
  ],
  [
    ['deepseek-v2', 'deepseek2'],
    {
      begin: '$BOS',
      system: ['', '\n\n'],
      user: ['User: ', '\n\n'],
      assistant: ['Assistant: ', '$EOS'],
      prompt: 'Assistant:',
    },
  ],
  [
    ['deepseek-v3', 'deepseek3'],
    {
      begin: '$BOS',
      system: ['', '\n\n'],
      user: ['<｜User｜>', ''],
      assistant: ['<｜Assistant｜>', '<｜end▁of▁sentence｜>'],
      prompt: '<｜Assistant｜>',
    },
  ],
  [
    ['command-r'],
    {
      begin: '$BOS',
      system: ['<|START_OF_TURN_TOKEN|><|SYSTEM_TOKEN|>', '<|END_OF_TURN_TOKEN|>'],
      user: ['<|START_OF_TURN_TOKEN|><|USER_TOKEN|>', '<|END_OF_TURN_TOKEN|>'],
      assistant: ['<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>', '<|END_OF_TURN_TOKEN|>'],
      prompt: '<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>',
      trims: ['system', 'user', 'assistant'],
    },
  ],
  [
    ['gpt-oss', 'harmony'],
    {
      system: ['<|start|>system<|message|>', '<|end|>'],
      user: ['<|start|>user<|message|>', '<|end|>'],
      assistant: ['<|start|>assistant<|channel|>final<|message|>', '<|end|>'],
      other: ['<|start|>$ROLE<|message|>', '<|end|>'],
      prompt: '<|start|>assistant',
    },
  ],
  [['chatglm3'], { begin: '[gMASK]sop', ...sameForAll('<|$ROLE|>\n ', ''), prompt: '<|assistant|>' }],
  [['chatglm4'], { begin: '[gMASK]<sop>', ...sameForAll('<|$ROLE|>\n', ''), prompt: '<|assistant|>\n' }],
  [['glmedge'], { ...sameForAll('<|$ROLE|>\n', ''), prompt: '<|assistant|>' }],
  [
    ['minicpm'],
    {
      begin: '$BOS',
      system: ['', ''],
      user: ['<用户>', '<AI>'],
      assistant: ['', ''],
      prompt: '',
      trims: ['user', 'assistant'],
    },
  ],
  [
    ['exaone3'],
    {
      system: ['[|system|]', '[|endofturn|]\n'],
      user: ['[|user|]', '\n'],
      assistant: ['[|assistant|]', '[|endofturn|]\n'],
      prompt: '[|assistant|]',
      trims: ['system', 'user', 'assistant'],
    },
  ],
  [
    ['granite', 'granite-3'],
    {
      ...sameForAll('<|start_of_role|>$ROLE<|end_of_role|>', '<|end_of_text|>\n'),
      prompt: '<|start_of_role|>assistant<|end_of_role|>',
    },
  ],
  [
    ['gigachat'],
    {
      begin: '<s>',
      system: ['', '<|message_sep|>'],
      user: ['user<|role_sep|>', '<|message_sep|>available functions<|role_sep|>[]<|message_sep|>'],
      assistant: ['assistant<|role_sep|>', '<|message_sep|>'],
      prompt: 'assistant<|role_sep|>',
    },
  ],
  [
    ['megrez'],
    {
      ...sameForAll('<|role_start|>$ROLE<|role_end|>', '<|turn_end|>'),
      prompt: '<|role_start|>assistant<|role_end|>',
    },
  ],
  [
    ['yandex'],
    {
      begin: '$BOS',
      systemInUser: ['', '\n'],
      user: [' Пользователь: ', '\n\n'],
      assistant: [' Ассистент: ', '\n\n'],
      prompt: ' Ассистент:[SEP]',
    },
  ],
  [
    ['bailing', 'ling'],
    {
      system: ['<role>SYSTEM</role>', ''],
      user: ['<role>HUMAN</role>', ''],
      assistant: ['<role>ASSISTANT</role>', ''],
      prompt: '<role>ASSISTANT</role>',
    },
  ],
  [['seed-oss'], { ...sameForAll('$BOS$ROLE\n', '$EOS'), prompt: '$BOSassistant\n', trims: ['assistant'] }],
  [
    ['smolvlm'],
    {
      begin: '<|im_start|>',
      system: ['', '\n\n'],
      user: ['User: ', '<end_of_utterance>\n'],
      assistant: ['Assistant: ', '<end_of_utterance>\n'],
      prompt: 'Assistant:',
    },
  ],
  [
    ['kimi-k2'],
    {
      system: ['<|im_system|>system<|im_middle|>', '<|im_end|>'],
      user: ['<|im_user|>user<|im_middle|>', '<|im_end|>'],
      assistant: ['<|im_assistant|>assistant<|im_middle|>', '<|im_end|>'],
      prompt: '<|im_assistant|>assistant<|im_middle|>',
    },
  ],
  [
    ['grok-2'],
    {
      system: ['System: ', '<|separator|>\n\n'],
      user: ['Human: ', '<|separator|>\n\n'],
      assistant: ['Assistant: ', '<|separator|>\n\n'],
      prompt: 'Assistant:',
      trims: ['system', 'user', 'assistant'],
    },
  ],
  [
    ['rwkv-world'],
    {
      system: ['System: ', '\n\n'],
      user: ['User: ', '\n\n'],
      assistant: ['Assistant: ', '\n\n'],
      prompt: 'Assistant:',
      trims: ['system', 'user', 'assistant'],
    },
  ],
];

/** The spelling of names without case, hyphens and underscores: `llama2` is `llama-2`, `seed_oss` is `seed-oss`. */
const spelling = (name: string): string => name.trim().toLowerCase().replaceAll(/[-_]/g, '');

const sources = new Map(
  formats.flatMap(([names, turns]) => {
    const source = turnTemplate(turns);
    return names.map((name) => [spelling(name), source] as const);
  }),
);

/** The names of the known formats. */
export const knownTemplateNames: readonly string[] = formats.flatMap(([[name]]) =>
  name === undefined ? [] : [name],
);

/** The Jinja source of a known format; undefined for a name that is not known. */
export const knownTemplate = (name: string): string | undefined => sources.get(spelling(name));
