// Calls with a tag for each argument, as in XML: `<invoke name="f"><parameter name="x">1</parameter></invoke>`. Families differ
// in their tags.
import { createArgumentWriter } from '../output/argument-writer.ts';
import { propertyOf } from '../output/argument-types.ts';
import type { CallSyntax } from '../output/output-format.ts';
import type { OutputSink } from '../output/output-sink.ts';
import {
  takeLiteral,
  takeOneOf,
  takeSpace,
  takeText,
  type OutputText,
  type Reading,
} from '../output/output-text.ts';
import type { ReadContext } from '../output/output-format.ts';

/** A tag with a name in it: `<invoke name="f">` has the parts `<invoke name="`, `"` and `>`. */
export interface NamedTag {
  readonly open: string;
  /** What ends the name. */
  readonly nameEnd: string;
  /** What ends the tag; attributes may stand before. Default: the end of the name ends the tag. */
  readonly tagEnd?: string;
  readonly close: string;
}

/** The tags of a family. */
export interface CallTags {
  /** Tags around all calls. */
  readonly section: { readonly opens: readonly string[]; readonly closes: readonly string[] };
  readonly call: NamedTag;
  readonly parameter: NamedTag;
  /** Whether a call may stand without the tags around all calls. */
  readonly isBare?: boolean;
  /** Whether an argument is a text or JSON by its tag's attributes; undefined if the schema decides. */
  readonly isText?: (attributes: string) => boolean | undefined;
}

/** Makes the syntax of calls with a tag for each argument. */
export function taggedCalls(tags: CallTags): CallSyntax {
  const { section, call, isBare = false } = tags;
  return {
    begins: [...section.opens, ...(isBare ? [call.open] : [])],
    *read(input, sink, context, begin) {
      const before = sink.calls;
      let isOpen = isBare && begin === call.open;
      for (;;) {
        if (!isOpen) {
          yield* takeSpace(input);
          if (!(yield* takeLiteral(input, call.open))) break;
        }
        isOpen = false;
        if (!(yield* readTagged(tags, input, sink, context))) break;
        yield* takeSpace(input);
        if ((yield* takeOneOf(input, section.closes)) !== undefined) return true;
      }
      yield* takeSpace(input);
      yield* takeOneOf(input, section.closes);
      return sink.calls > before;
    },
  };
}

/** Reads a call behind the beginning of its tag. */
function* readTagged(
  { call, parameter, section, isText }: CallTags,
  input: OutputText,
  sink: OutputSink,
  context: ReadContext,
): Reading<boolean> {
  const { text: name, stop: named } = yield* takeText(input, [call.nameEnd]);
  if (named === undefined) return false;
  if (call.tagEnd !== undefined) yield* takeText(input, [call.tagEnd]);
  sink.beginCall(name.trim());
  const schema = context.tools.get(name.trim());
  const writer = createArgumentWriter(sink);
  for (;;) {
    const { stop } = yield* takeText(input, [parameter.open, call.close, ...section.closes]);
    if (stop === undefined) return true;
    if (stop !== parameter.open) {
      writer.end();
      sink.endCall();
      return true;
    }
    const { text: key, stop: hasKey } = yield* takeText(input, [parameter.nameEnd]);
    if (hasKey === undefined) return true;
    const { text: attributes } =
      parameter.tagEnd === undefined ? { text: '' } : yield* takeText(input, [parameter.tagEnd]);
    const isVerbatim = yield* takeLiteral(input, '<![CDATA[');
    const end = yield* writer.read(input, key.trim(), {
      ends: isVerbatim ? [`]]>${parameter.close}`] : [parameter.close],
      schema: propertyOf(schema, key.trim()),
      isText: isVerbatim ? true : isText?.(attributes),
    });
    if (end === undefined) return true;
  }
}
