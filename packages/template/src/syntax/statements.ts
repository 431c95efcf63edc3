// Reads statements, by the grammar of Jinja2's parser and with the tags that Transformers adds.
import { text } from '../text.ts';
import { isConstant, readExpression, readFilterChain, readTuple } from './expressions.ts';
import { tokenize } from './lexer.ts';
import type { Body, Expression, Signature, Statement, Target } from './nodes.ts';
import { createTokenStream, type TokenStream } from './token-stream.ts';
import { usesName } from './uses-name.ts';

/** Reads a template. @throws RondoError `BAD_TEMPLATE` if it is no Jinja */
export function parseTemplate(source: string): Body {
  const stream = createTokenStream(tokenize(source));
  const body = readBody(stream, []);
  if (stream.current.type !== 'end of template') stream.fail('unexpected end tag');
  return body;
}

/** Reads until one of the tags; its name is then the current token. */
function readBody(stream: TokenStream, until: readonly string[]): Statement[] {
  const body: Statement[] = [];
  for (;;) {
    if (stream.is('data')) body.push({ kind: 'text', value: text(stream.next().value) });
    else if (stream.skipIf('variable_begin')) {
      body.push({ kind: 'output', value: readTuple(stream) });
      stream.expect('variable_end');
    } else if (stream.skipIf('block_begin')) {
      if (until.some((tag) => stream.is('name', tag))) return body;
      for (const statement of stream.nested(() => readStatement(stream))) body.push(statement);
      stream.expect('block_end');
    } else if (until.length > 0) stream.fail(`the tag '${until.join("' or '")}' is missing`);
    else return body;
  }
}

/** The body of a tag, followed by the tag's end. */
function readBlock(stream: TokenStream, ...until: string[]): Statement[] {
  stream.skipIf(':');
  stream.expect('block_end');
  return readBody(stream, until);
}

function readStatement(stream: TokenStream): Statement[] {
  const tag = stream.expect('name').value;
  switch (tag) {
    case 'if':
      return [readIf(stream)];
    case 'for':
      return [readFor(stream)];
    case 'set':
      return [readSet(stream)];
    case 'macro':
      return [readMacro(stream)];
    case 'call':
      return [readCallBlock(stream)];
    case 'filter': {
      const filter = readFilterChain(stream, undefined, true) ?? stream.fail('a filter is missing');
      const body = readBlock(stream, 'endfilter');
      stream.next();
      return [{ kind: 'filter-block', filter, body }];
    }
    case 'with':
      return [readWith(stream)];
    case 'print':
      return readPrint(stream);
    case 'break':
    case 'continue':
      return [{ kind: tag }];
    case 'generation': {
      const body = readBlock(stream, 'endgeneration');
      stream.next();
      return [{ kind: 'scope', body, condition: undefined }];
    }
    case 'autoescape': {
      const condition = readExpression(stream);
      const body = readBlock(stream, 'endautoescape');
      stream.next();
      return [{ kind: 'scope', body, condition }];
    }
    case 'block':
      return [readNamedBlock(stream)];
    case 'extends':
    case 'include':
    case 'import':
    case 'from':
      while (!stream.is('block_end') && stream.current.type !== 'end of template') stream.next();
      return [{ kind: 'unavailable', tag }];
    default:
      return stream.fail(`Encountered unknown tag '${tag}'`);
  }
}

function readIf(stream: TokenStream): Statement {
  const branches: { test: Expression; body: Body }[] = [];
  for (;;) {
    const test = readTuple(stream, { withCondition: false });
    branches.push({ test, body: readBlock(stream, 'elif', 'else', 'endif') });
    const tag = stream.next().value;
    if (tag === 'elif') continue;
    let otherwise: Body = [];
    if (tag === 'else') {
      otherwise = readBlock(stream, 'endif');
      stream.next();
    }
    return { kind: 'if', branches, otherwise };
  }
}

function readFor(stream: TokenStream): Statement {
  const target = readTarget(stream, false, 'in');
  if (namesOf(target).includes('loop')) {
    stream.fail("Can't assign to special loop variable in for-loop target");
  }
  stream.expect('name', 'in');
  const over = readTuple(stream, { withCondition: false, until: 'recursive' });
  const test = stream.skipIf('name', 'if') ? readExpression(stream) : undefined;
  const isRecursive = stream.skipIf('name', 'recursive');
  const body = readBlock(stream, 'endfor', 'else');
  let otherwise: Body = [];
  if (stream.next().value === 'else') {
    otherwise = readBlock(stream, 'endfor');
    stream.next();
  }
  const usesLoop = isRecursive || usesName(body, 'loop');
  return { kind: 'for', target, over, test, isRecursive, usesLoop, body, otherwise };
}

function readSet(stream: TokenStream): Statement {
  const target = readTarget(stream, true);
  if (stream.skipIf('=')) return { kind: 'set', target, value: readTuple(stream) };
  const filter = readFilterChain(stream, undefined);
  const body = readBlock(stream, 'endset');
  stream.next();
  return { kind: 'set-block', target, filter, body };
}

function readMacro(stream: TokenStream): Statement {
  const name = readName(stream);
  const [parameters, defaults] = readParameters(stream);
  const body = readBlock(stream, 'endmacro');
  stream.next();
  return { kind: 'macro', name, signature: signatureOf(stream, parameters, defaults, body), body };
}

function readCallBlock(stream: TokenStream): Statement {
  const [parameters, defaults] = stream.is('(') ? readParameters(stream) : [[], []];
  const call = readExpression(stream);
  if (call.kind !== 'call') return stream.fail('expected call');
  const body = readBlock(stream, 'endcall');
  stream.next();
  return { kind: 'call-block', signature: signatureOf(stream, parameters, defaults, body), call, body };
}

function readWith(stream: TokenStream): Statement {
  const targets: Target[] = [];
  const values: Expression[] = [];
  while (!stream.is('block_end')) {
    if (targets.length > 0) stream.expect(',');
    targets.push(readTarget(stream, false));
    stream.expect('=');
    values.push(readExpression(stream));
  }
  const body = readBlock(stream, 'endwith');
  stream.next();
  return { kind: 'with', targets, values, body };
}

function readPrint(stream: TokenStream): Statement[] {
  const printed: Statement[] = [];
  while (!stream.is('block_end')) {
    if (printed.length > 0) stream.expect(',');
    printed.push({ kind: 'output', value: readExpression(stream) });
  }
  return printed;
}

function readNamedBlock(stream: TokenStream): Statement {
  const name = stream.expect('name').value;
  stream.skipIf('name', 'scoped');
  stream.skipIf('name', 'required');
  const body = readBlock(stream, 'endblock');
  stream.next();
  stream.skipIf('name', name);
  return { kind: 'scope', body, condition: undefined };
}

function readName(stream: TokenStream): string {
  const { value } = stream.expect('name');
  if (isConstant(value)) stream.fail(`can't assign to '${value}'`);
  return value;
}

function readParameters(stream: TokenStream): [string[], Expression[]] {
  const parameters: string[] = [];
  const defaults: Expression[] = [];
  stream.expect('(');
  while (!stream.is(')')) {
    if (parameters.length > 0) stream.expect(',');
    const name = readName(stream);
    if (parameters.includes(name)) stream.fail(`the parameter '${name}' is there twice`);
    parameters.push(name);
    if (stream.skipIf('=')) defaults.push(readExpression(stream));
    else if (defaults.length > 0) stream.fail('non-default argument follows default argument');
  }
  stream.expect(')');
  return [parameters, defaults];
}

function signatureOf(
  stream: TokenStream,
  parameters: readonly string[],
  defaults: readonly Expression[],
  body: Body,
): Signature {
  const uses = (name: string): boolean => !parameters.includes(name) && usesName(body, name);
  const at = parameters.indexOf('caller');
  if (at >= 0 && at < parameters.length - defaults.length && usesName(body, 'caller')) {
    stream.fail('the special "caller" argument must be omitted or be given a default');
  }
  return {
    parameters,
    defaults,
    uses: { caller: uses('caller'), kwargs: uses('kwargs'), varargs: uses('varargs') },
  };
}

/** The target of an assignment: a name, an attribute of a namespace, or several targets separated by commas. */
function readTarget(stream: TokenStream, withNamespace: boolean, until?: string): Target {
  const targets: Target[] = [];
  let isTuple = false;
  const atEnd = (): boolean =>
    ['block_end', '=', ')'].includes(stream.current.type) ||
    (until !== undefined && stream.is('name', until));
  for (;;) {
    if (targets.length > 0) stream.expect(',');
    if (atEnd()) break;
    targets.push(readOneTarget(stream, withNamespace));
    if (!stream.is(',')) break;
    isTuple = true;
  }
  if (isTuple) return { kind: 'targets', targets };
  return targets[0] ?? stream.fail('a name to assign to is missing');
}

function readOneTarget(stream: TokenStream, withNamespace: boolean): Target {
  if (stream.skipIf('(')) {
    const inner = stream.nested(() => readTarget(stream, withNamespace));
    stream.expect(')');
    return inner;
  }
  const name = readName(stream);
  if (withNamespace && stream.skipIf('.')) {
    return { kind: 'member', namespace: name, name: stream.expect('name').value };
  }
  return { kind: 'variable', name };
}

function namesOf(target: Target): readonly string[] {
  if (target.kind === 'targets') return target.targets.flatMap(namesOf);
  return target.kind === 'variable' ? [target.name] : [];
}
