// Chat templates, for the rest of the model package.
export {
  createChatTemplate,
  type ChatTemplate,
  type ChatTemplateOptions,
  type RenderOptions,
} from './chat-template.ts';
export type { ChatMessage } from '../messages/chat-message.ts';
export { chooseTemplates, templateSource } from './template-source.ts';
