// The format for templates that never read tools: calls as `templates/generic-tools.ts` describes them to the model.
import type { CallWriting, OutputFormat } from '../output/output-format.ts';
import { hermes, hermesCalls } from './hermes.ts';

/** How calls are written where a template never reads tools. */
export const genericCalls: CallWriting = { calls: [hermesCalls], callForm: (tool) => hermes.callForm(tool) };

/** The format of a template of no known family. */
export const generic: OutputFormat = { ...hermes, name: 'generic', matches: () => true };
