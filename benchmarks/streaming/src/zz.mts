import { benchModel } from './models.ts';
for (const c of [{ shape: 'gemma-4-e2b', dtype: 'Q4_0' }, { shape: 'qwen3.6-35b-a3b', dtype: 'Q4_K' }, { shape: 'gpt-oss-20b', dtype: 'MXFP4' }] as any[]) { const t = performance.now(); const m = await benchModel('/work/bm', { ...c, layers: undefined }); console.log(c.shape, m.bytes / 2**30, ((performance.now() - t) / 1000) | 0); }
