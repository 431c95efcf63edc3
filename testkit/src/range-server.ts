// A web server on this machine that serves byte ranges, and lets a test answer in its place: wrongly, late or not at all.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';

/** The content that is served under a path. */
export interface ServedFile {
  readonly bytes: Uint8Array;
  readonly etag?: string;
  readonly lastModified?: string;
}

/** A received request. */
export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** Bytes of the body that were sent. */
  sentBytes: number;
}

/** A running server. */
export interface RangeServer {
  /** `http://127.0.0.1:…`, without a slash at the end. */
  readonly origin: string;
  /** The files by path, with the leading `/`. */
  readonly files: Map<string, ServedFile>;
  readonly requests: SeenRequest[];
  /** Answers in place of the server if it returns true; `index` counts the requests from 0. */
  intercept: (request: IncomingMessage, response: ServerResponse, index: number) => boolean;
  close(): Promise<void>;
}

const sliceBytes = 64 * 1024;

/** Starts a server on a free port of 127.0.0.1. */
export async function startRangeServer(): Promise<RangeServer> {
  const files = new Map<string, ServedFile>();
  const requests: SeenRequest[] = [];

  const http = createServer((request, response) => {
    const path = request.url ?? '/';
    const seen: SeenRequest = { path, headers: request.headers, sentBytes: 0 };
    if (server.intercept(request, response, requests.push(seen) - 1)) return;
    const served = files.get(path);
    if (served === undefined) response.writeHead(404).end();
    else void serve(served, seen, response);
  });

  async function serve(
    { bytes, etag, lastModified }: ServedFile,
    seen: SeenRequest,
    response: ServerResponse,
  ) {
    if (etag !== undefined) response.setHeader('ETag', etag);
    if (lastModified !== undefined) response.setHeader('Last-Modified', lastModified);
    const since = seen.headers['if-unmodified-since'];
    const match = seen.headers['if-match'];
    if ((match !== undefined && match !== etag) || (since !== undefined && since !== lastModified)) {
      response.writeHead(412).end();
      return;
    }
    const range = /^bytes=(\d+)-(\d*)$/.exec(seen.headers.range ?? '');
    const start = Number(range?.[1] ?? 0);
    const end = Math.min(range?.[2] ? Number(range[2]) + 1 : bytes.length, bytes.length);
    if (range && start >= end) {
      response.writeHead(416, { 'Content-Range': `bytes */${bytes.length}` }).end();
      return;
    }
    response.setHeader('Content-Length', end - start);
    if (range) response.setHeader('Content-Range', `bytes ${start}-${end - 1}/${bytes.length}`);
    response.writeHead(range ? 206 : 200);
    for (let at = start; at < end && !response.destroyed; at += sliceBytes) {
      const slice = bytes.subarray(at, Math.min(at + sliceBytes, end));
      seen.sentBytes += slice.length;
      // Continues when the system has taken the slice, so bytes that the client does not take are not sent. An error
      // shows in `destroyed`.
      await new Promise<void>((resolve) => response.write(slice, () => resolve()));
    }
    response.end();
  }

  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  const server: RangeServer = {
    origin: `http://127.0.0.1:${port}`,
    files,
    requests,
    intercept: () => false,
    async close() {
      http.closeAllConnections();
      http.close();
      await once(http, 'close');
    },
  };
  return server;
}
