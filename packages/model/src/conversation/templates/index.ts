// Chat templates, for the rest of the model package.
export {
  createChatTemplate,
  type ChatMessage,
  type ChatTemplate,
  type ChatTemplateOptions,
  type RenderOptions,
} from './chat-template.ts';
export type { ChatPart } from './message-parts.ts';
export { templateSource } from './template-source.ts';
