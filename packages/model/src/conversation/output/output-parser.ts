// Parses the text of a model piece by piece into events.
import type { OutputFormat, ReadContext } from './output-format.ts';
import { createOutputSink, type OutputEvent } from './output-sink.ts';
import { createOutputText } from './output-text.ts';

/** A parser of one output. */
export interface OutputParser {
  /** Adds text. Returns what is known now. */
  push(text: string): OutputEvent[];
  /** Ends the output. Returns the rest. */
  end(): OutputEvent[];
  /** Whether the text goes on with reasoning. */
  readonly isInReasoning: boolean;
}

/** Begins an output that starts with `prefill`, the end of the prompt. */
export function createOutputParser(format: OutputFormat, context: ReadContext, prefill = ''): OutputParser {
  let events: OutputEvent[] = [];
  const input = createOutputText();
  const sink = createOutputSink((event) => events.push(event));
  const reading = format.read(input, sink, context);
  let isDone = false;

  const advance = (): void => {
    while (!isDone) {
      const before = input.rest.length;
      isDone = reading.next().done === true;
      if (!isDone && (!input.isEnded || input.rest.length === before)) break;
    }
    if (isDone && input.rest !== '') sink.text(input.take(input.rest.length));
  };
  const taken = (): OutputEvent[] => {
    const given = events;
    events = [];
    return given;
  };
  input.push(prefill);
  return {
    push(text) {
      input.push(text);
      advance();
      return taken();
    },
    end() {
      input.end();
      advance();
      sink.endCall();
      sink.finish();
      return taken();
    },
    get isInReasoning() {
      return sink.isInReasoning;
    },
  };
}
