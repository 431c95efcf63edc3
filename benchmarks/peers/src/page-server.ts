// Serves the cross-origin isolated pages of this benchmark, and a model, whole or by ranges.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';

/** A running server. */
export interface PageServer {
  /** `http://127.0.0.1:…/`. */
  readonly origin: string;
  /** The model's address, without the origin. */
  readonly modelUrl: string;
  close(): Promise<void>;
}

/** Serves the pages and the model at `modelPath`. `onReport` receives a page's posts to `/report`, and answers them. */
export async function startPageServer(
  modelPath: string,
  onReport: (report: string) => Promise<void> = async () => {},
): Promise<PageServer> {
  const modelUrl = `/${basename(modelPath)}`;
  const { size } = await stat(modelPath);
  const server = await createServer({
    configFile: false,
    logLevel: 'error',
    root: fileURLToPath(new URL('page', import.meta.url)),
    resolve: { conditions: ['rondo-source', 'browser', 'import', 'module', 'default'] },
    // Files anywhere in the repository: the packages' sources, and wllama's binary.
    server: { host: '127.0.0.1', port: 0, fs: { strict: false }, ws: false, hmr: false },
    plugins: [
      {
        name: 'model',
        configureServer({ middlewares }) {
          middlewares.use((request, response, next) => {
            response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
            response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
            if (request.url === '/report') {
              void text(request)
                .then(onReport)
                .finally(() => response.end());
              return;
            }
            if (request.url !== modelUrl) return next();
            const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
            const start = Number(range?.[1] ?? 0);
            const end = Math.min(Number(range?.[2] ?? Infinity), size - 1);
            response.setHeader('ETag', `"${size}"`);
            response.setHeader('Content-Length', end - start + 1);
            if (range) response.setHeader('Content-Range', `bytes ${start}-${end}/${size}`);
            response.statusCode = range ? 206 : 200;
            const file = createReadStream(modelPath, { start, end });
            response.on('close', () => file.destroy());
            file.pipe(response);
          });
        },
      },
    ],
  });
  await server.listen();
  return { origin: server.resolvedUrls?.local[0] ?? '', modelUrl, close: () => server.close() };
}
