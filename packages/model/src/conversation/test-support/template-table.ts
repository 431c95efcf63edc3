// Reads llama.cpp's tests/test-chat-template.cpp: templates, and what they make of one conversation. Nothing of the file is
// committed.
import { readFileSync } from 'node:fs';
import { llamaCppPath } from '@rondo/testkit';
import { cppTokens, readExpression, type CppExpression } from '@rondo/testkit/cpp-source';

/** One case of the table. */
export interface TemplateCase {
  readonly name: string;
  readonly source: string;
  /** The text of llama.cpp's own format, written in C++. */
  readonly builtIn: string;
  /** The text of the Jinja source. */
  readonly rendered: string;
  /** Whether llama.cpp renders the source with its own Jinja; else only its format written in C++ gives the text. */
  readonly isRendered: boolean;
  readonly bosToken: string;
  readonly eosToken: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}

/** All cases. */
export function readTemplateCases(): TemplateCase[] {
  const tokens = cppTokens(readFileSync(llamaCppPath('tests/test-chat-template.cpp'), 'utf8'));
  const listOf = (name: string): unknown[] => {
    const at = tokens.findIndex(
      ({ kind, value }, index) => kind === 'name' && value === name && tokens[index + 1]?.value === '{',
    );
    const value = valueOf(readExpression({ tokens, at: at + 1 }));
    return Array.isArray(value) ? (value as unknown[]) : [];
  };
  const conversation = messagesOf(listOf('conversation'));
  return listOf('test_cases').map((given) => {
    const [name, source, builtIn, rendered, bosToken, eosToken, isRendered, more] = Array.isArray(given)
      ? (given as unknown[])
      : [];
    const text = (value: unknown): string => (typeof value === 'string' ? value : '');
    return {
      name: text(name),
      source: text(source),
      builtIn: text(builtIn),
      rendered: text(rendered) === '' ? text(builtIn) : text(rendered),
      isRendered: isRendered !== 'false',
      bosToken: text(bosToken),
      eosToken: text(eosToken),
      messages: [...conversation, ...messagesOf(Array.isArray(more) ? (more as unknown[]) : [])],
    };
  });
}

function messagesOf(list: readonly unknown[]): { role: string; content: string }[] {
  return list.map((pair) => {
    const [role, content] = Array.isArray(pair) ? (pair as unknown[]) : [];
    return { role: String(role), content: String(content) };
  });
}

function valueOf(expression: CppExpression): unknown {
  switch (expression.kind) {
    case 'list':
      return expression.items.map(valueOf);
    case 'call':
      return valueOf(expression.items[0] ?? { kind: 'text', value: '' });
    case 'sum':
      return expression.items.map((item) => String(valueOf(item))).join('');
    case 'method':
      throw new Error(`A method stands in the table: ${expression.name}.`);
    default:
      return expression.value;
  }
}
