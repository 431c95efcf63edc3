// Chat templates: Jinja2 that gives the same text as Python, with bounded work.
export { createBudget, type Budget, type Usage } from './budget.ts';
export { fromData, type DataValue } from './convert.ts';
export { failureOf, type TemplateFailure } from './errors.ts';
export { templateLimits } from './limits.ts';
export {
  compileTemplate,
  type RenderedPart,
  type Rendering,
  type RenderOptions,
  type Template,
} from './template.ts';
