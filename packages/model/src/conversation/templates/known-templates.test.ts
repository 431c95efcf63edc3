// The known formats beside llama.cpp's own formats, and llama.cpp's table of templates through our interpreter.
import { describe, expect, it } from 'vitest';
import { readTemplateCases } from '../test-support/template-table.ts';
import { createChatTemplate } from './index.ts';
import { knownTemplate, knownTemplateNames } from './known-templates.ts';

const cases = readTemplateCases();

it("llama.cpp's table of templates is read whole", () => {
  expect(cases).toHaveLength(36);
  for (const { source, rendered, messages } of cases) {
    expect(source).toContain('{');
    expect(rendered).toContain('Another question');
    expect(messages.length).toBeGreaterThanOrEqual(6);
  }
});

describe("test-chat-template.cpp: each template gives llama.cpp's text", () => {
  it.each(cases.filter(({ isRendered }) => isRendered))(
    '$name',
    ({ source, rendered, messages, bosToken, eosToken }) => {
      const template = createChatTemplate(source, { bosToken, eosToken });
      expect(template.render(messages)).toBe(rendered);
    },
  );

  it('the one template that llama.cpp cannot render either reads tokens that no GGUF file has', () => {
    const others = cases.filter(({ isRendered }) => !isRendered);
    expect(others.map(({ name }) => name)).toEqual(['ai-sage/GigaChat-20B-A3B-instruct']);
    for (const { source, builtIn, messages } of others) {
      expect(source).toContain('additional_special_tokens');
      expect(createChatTemplate(knownTemplate('gigachat') ?? '').render(messages)).toBe(builtIn);
    }
  });
});

/** The known format of each case. The granite cases with calls have roles of their own and stand under granite. */
const formats: Readonly<Record<string, string>> = {
  'teknium/OpenHermes-2.5-Mistral-7B': 'chatml',
  'bofenghuang/vigogne-2-70b-chat': 'llama-2',
  'mlabonne/AlphaMonarch-7B': 'monarch',
  'google/gemma-7b-it': 'gemma',
  'OrionStarAI/Orion-14B-Chat': 'orion',
  'openchat/openchat-3.5-0106': 'openchat',
  'deepseek-ai/deepseek-coder-33b-instruct': 'deepseek-v1',
  'eachadea/vicuna-13b-1.1': 'vicuna',
  'Orca-Vicuna': 'vicuna-orca',
  'CohereForAI/c4ai-command-r-plus': 'command-r',
  'Llama-3': 'llama-3',
  'Phi-3-mini': 'phi-3',
  'Phi-3-small': 'phi-3',
  'Phi-3-medium': 'phi-3',
  'Phi-3-vision': 'phi-3',
  ChatGLM3: 'chatglm3',
  ChatGLM4: 'chatglm4',
  GLMEdge: 'glmedge',
  'MiniCPM-3B-OpenHermes-2.5-v2-GGUF': 'minicpm',
  'DeepSeek-V2': 'deepseek-v2',
  'ibm-granite/granite-3.0-8b-instruct': 'granite',
  "mistralai/Mistral-7B-Instruct-v0.2 (mistralai 'v1' template with a system prompt)": 'mistral-v1',
  "Mistral-Large-Instruct-2407 (mistralai 'v3' template; modified to have system prompt at start)":
    'mistral-v3',
  "Mistral-Nemo-Instruct-2407 (mistralai 'v3-tekken' template; modified to have system prompt at start)":
    'mistral-v3-tekken',
  "mistralai/Mistral-Large-Instruct-2411 (mistralai 'v7' template)": 'mistral-v7',
  'ai-sage/GigaChat-20B-A3B-instruct': 'gigachat',
  'Infinigence/Megrez-3B-Instruct': 'megrez',
  'phi-4': 'phi-4',
  'yandex/YandexGPT-5-Lite-8B-instruct': 'yandex',
  'inclusionAI/Ling-lite': 'bailing',
  'ByteDance-Seed/Seed-OSS-36B-Instruct': 'seed-oss',
};

describe("a known format gives llama.cpp's text for the same format", () => {
  it.each(Object.entries(formats))('%s: %s', (name, format) => {
    const found = cases.find((each) => each.name === name);
    expect(found).toBeDefined();
    const { builtIn = '', rendered = '', messages = [], bosToken, eosToken } = found ?? {};
    const text = createChatTemplate(knownTemplate(format) ?? '', { bosToken, eosToken }).render(messages);
    expect([builtIn, rendered]).toContain(text);
  });
});

describe('the known formats', () => {
  const conversation = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Hi <|im_end|>' },
    { role: 'assistant', content: 'Hello.' },
    { role: 'user', content: 'Bye' },
  ];

  it.each(knownTemplateNames)('%s: every message is in the text, in order, and as plain text', (name) => {
    const template = createChatTemplate(knownTemplate(name) ?? '', { bosToken: '<s>', eosToken: '</s>' });
    const parts = template.renderParts(conversation);
    const plain = parts.filter(({ special }) => !special).map(({ text }) => text);
    expect(plain.join('|')).toMatch(/Be brief\.[^]*Hi <\|im_end\|>[^]*Hello\.[^]*Bye/);
  });

  it('names may be written without hyphens, with underscores, and in capitals', () => {
    for (const name of ['llama2', 'LLAMA-2', 'llama_2'])
      expect(knownTemplate(name)).toBe(knownTemplate('llama-2'));
    expect(knownTemplate('deepseek3')).toBe(knownTemplate('deepseek-v3'));
    expect(knownTemplate('unknown')).toBeUndefined();
  });
});
