// A typedoc plugin for Markdown: documents are named by their heading instead of their file, and READMEs lose their
// heading, because typedoc puts a title above them. Packages come before documents.
import { Converter, Renderer } from 'typedoc';

const heading = /^\s*# +(.+)\n/;

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, document) => {
    document.name = heading.exec(document.content[0]?.text ?? '')?.[1] ?? document.name;
  });
  app.renderer.on(Renderer.EVENT_BEGIN, ({ project }) => {
    for (const { readme } of [project, ...(project.children ?? [])]) {
      if (readme?.[0]) readme[0].text = readme[0].text.replace(heading, '');
    }
    project.childrenIncludingDocuments?.sort((a, b) => Number(a.isDocument()) - Number(b.isDocument()));
  });
}
