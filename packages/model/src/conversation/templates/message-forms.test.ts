// What a template makes of the messages: none is dropped, and contents may be lists of parts (cases 19 and 20).
import { describe, expect, it } from 'vitest';
import { errorOf } from '../../common/test-support/error-of.ts';
import { createChatTemplate, templateSource, type ChatMessage } from './index.ts';

const system = (content: string): ChatMessage => ({ role: 'system', content });
const assistant = (content: string): ChatMessage => ({ role: 'assistant', content });
const user = (content: string): ChatMessage => ({ role: 'user', content });

describe('case 20: nothing that was said is dropped', () => {
  const refusing =
    "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system') }}{% endif %}[{{ m.role }}]{{ m.content }}{% endfor %}";
  const deaf = "{% for m in messages if m.role != 'system' %}[{{ m.role }}]{{ m.content }}{% endfor %}";
  const render = (source: string, ...messages: ChatMessage[]): string =>
    createChatTemplate(source).render(messages);

  it.each([
    ['refuses system messages', refusing],
    ['never reads system messages', deaf],
    ['fails on system messages', refusing.replace("raise_exception('no system')", 'm.x.y')],
  ])('a template that %s gets the system message in the first user turn', (_, source) => {
    expect(render(source, system('Be brief'), user('Hello'))).toBe('[user]Be brief\nHello');
    expect(render(source, system('Be brief'), user('Hello'), assistant('Hi'), user('Bye'))).toBe(
      '[user]Be brief\nHello[assistant]Hi[user]Bye',
    );
    expect(render(source, system(' '), user('Hello'))).toBe('[user]Hello');
  });

  it('a template that writes only the first of two system messages gets the second in the user message', () => {
    const first = "{% for m in messages if m.role != 'system' or loop.first %}[{{ m.content }}]{% endfor %}";
    expect(
      render(
        first.replace(' or loop.first', ' or m is sameas messages[0]'),
        system('One'),
        system('Two'),
        user('Hello'),
      ),
    ).toBe('[One][Two\nHello]');
  });

  it('a user message that the template leaves out is refused by its number', () => {
    for (const source of [
      '{{ messages[0].content }}',
      'nothing',
      "{% if messages[-1].content == 'b' %}{{ messages[0].content }}{% endif %}",
    ]) {
      const error = errorOf(() => render(source, user('a'), assistant('x'), user('b')));
      expect([error.code, error.message]).toEqual([
        'BAD_TEMPLATE',
        expect.stringContaining('of 3, of the role "user"'),
      ]);
    }
  });

  it('a message of a role that the template does not know is refused', () => {
    const known = "{% for m in messages %}{% if m.role == 'user' %}{{ m.content }}{% endif %}{% endfor %}";
    const error = errorOf(() => render(known, user('a'), { role: 'critic', content: 'weak' }, user('b')));
    expect(error.details).toMatchObject({ failure: 'left out', index: 1, role: 'critic' });
  });

  it('an answer that is empty without its reasoning, and messages of white space, may be left out', () => {
    const thinking = "{% for m in messages %}[{{ m.content.split('</think>')[-1] | trim }}]{% endfor %}";
    expect(render(thinking, user('a'), assistant('hm</think>'), user(' '))).toBe('[a][][]');
  });

  it('an order that the template takes out of a system message counts as read', () => {
    const ordered = "{% for m in messages %}[{{ m.content | replace('/no_think', '') }}]{% endfor %}";
    expect(render(ordered, system('/no_think'), user('a'))).toBe('[][a]');
  });

  it('an empty template counts as no template, and the name chatml gives the ChatML template', () => {
    expect(templateSource('')).toBeUndefined();
    expect(templateSource(' \n')).toBeUndefined();
    expect(templateSource(undefined)).toBeUndefined();
    expect(templateSource('{{ x }}\n')).toBe('{{ x }}\n');
    for (const name of ['chatml', ' chatml\n']) {
      expect(render(templateSource(name) ?? '', system('S'), user(' U '))).toBe(
        '<|im_start|>system\nS<|im_end|>\n<|im_start|>user\n U <|im_end|>\n<|im_start|>assistant\n',
      );
    }
  });
});

describe('case 19: contents as lists', () => {
  const pieces =
    "{% for m in messages %}<{{ m.role }}>{% for piece in m.content %}{% if piece.type == 'text' %}{{ piece.text }}{% endif %}{% endfor %}{% endfor %}";

  it('a template that reads only lists gets lists', () => {
    expect(createChatTemplate(pieces).renderParts([system('S<|x|>'), user('Hi')])).toEqual([
      { text: '<system>', special: true },
      { text: 'S<|x|>', special: false },
      { text: '<user>', special: true },
      { text: 'Hi', special: false },
    ]);
  });

  it('a template that fails on a text, or refuses a text, gets lists', () => {
    const render = (source: string): string => createChatTemplate(source).render([user('Hi')]);
    expect(render("{{ messages[0].content[0]['text'].strip() }}")).toBe('Hi');
    expect(render('{{ messages[0].content[0].text | upper }}{{ messages[0].content.0.type.x }}')).toBe('HI');
    expect(
      render(
        "{% if messages[0].content is string %}{{ raise_exception('lists!') }}{% endif %}{{ messages[0].content[0].text }}",
      ),
    ).toBe('Hi');
  });

  it('a system message and lists go together', () => {
    const both = pieces.replace(
      '<{{ m.role }}>',
      "{% if m.role == 'system' %}{{ raise_exception('no') }}{% endif %}",
    );
    expect(createChatTemplate(both).render([system('S'), user('Hi')])).toBe('S\nHi');
  });

  it('a list is never written as a text', () => {
    const odd =
      "{% if messages[0].content is string %}{{ raise_exception('odd') }}{% endif %}{{ messages[0].content }}";
    expect(errorOf(() => createChatTemplate(odd).render([user('Hi')])).details['reason']).toBe('odd');
  });
});
