// Makes parts of what a parser reads, and keeps the calls.
import type { ReasoningPart, ToolCallDeltaPart, ToolCallPart } from './chat-part.ts';
import type { TextPart } from '../generation/generation-part.ts';
import type { ToolCall } from './messages/chat-message.ts';
import { parsedJson } from './output/json-value.ts';
import type { OutputEvent } from './output/output-sink.ts';

/** Makes parts of events. */
export interface CallCollector {
  partsOf(
    events: readonly OutputEvent[],
  ): Generator<TextPart | ReasoningPart | ToolCallDeltaPart | ToolCallPart>;
}

/** Collects calls into `calls`. A call has the model's id if the id comes with the name, and else an id of `newCallId`. */
export function createCallCollector(calls: ToolCall[], newCallId: () => string): CallCollector {
  const begun: { id: string; name: string; written: string }[] = [];
  return {
    *partsOf(events) {
      for (const [at, event] of events.entries()) {
        if (event.type === 'text') yield { type: 'text', text: event.text };
        else if (event.type === 'reasoning') yield { type: 'reasoning', text: '', reasoning: event.text };
        else if (event.type === 'callBegin') {
          const next = events[at + 1];
          const id = next?.type === 'callId' && next.index === event.index ? next.id : newCallId();
          begun[event.index] = { id, name: event.name, written: '' };
          yield {
            type: 'toolCallDelta',
            text: '',
            index: event.index,
            id,
            name: event.name,
            argumentsDelta: '',
          };
        } else {
          const call = begun[event.index];
          if (call === undefined || event.type === 'callId') continue;
          const { id, name } = call;
          if (event.type === 'callArguments') {
            call.written += event.text;
            yield {
              type: 'toolCallDelta',
              text: '',
              index: event.index,
              id,
              name,
              argumentsDelta: event.text,
            };
          } else {
            const whole = { id, name, arguments: call.written, value: parsedJson(call.written) };
            calls.push(whole);
            yield { type: 'toolCall', text: '', index: event.index, ...whole };
          }
        }
      }
    },
  };
}
