import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { readExpertTrace, writeExpertTrace, type ExpertTraceHeader } from './expert-trace.ts';

const header: ExpertTraceHeader = { layers: 3, experts: 8, used: 2, source: 'a test' };
const HEADER =
  '{"format":"rondo-expert-trace","version":1,"layers":3,"experts":8,"used":2,"source":"a test"}';

describe('an expert trace', () => {
  it('an expert trace is a header and a line for each layer of a pass', () => {
    let text = '';
    const add = writeExpertTrace(header, (part) => (text += part));
    add({ layer: 0, rows: [[3, 1]] });
    add({
      layer: 2,
      rows: [
        [0, 7],
        [5, 6],
      ],
    });
    expect(text).toBe(`${HEADER}\n0 3,1\n2 0,7;5,6\n`);
    expect(readExpertTrace(text, 'a.trace')).toEqual({
      header,
      records: [
        { layer: 0, rows: [[3, 1]] },
        {
          layer: 2,
          rows: [
            [0, 7],
            [5, 6],
          ],
        },
      ],
    });
  });

  it('any expert trace is read as it was written', () => {
    const row = fc.uniqueArray(fc.nat(7), { minLength: 2, maxLength: 2 });
    const record = fc.record({ layer: fc.nat(2), rows: fc.array(row, { minLength: 1, maxLength: 4 }) });
    fc.assert(
      fc.property(fc.array(record), fc.string({ unit: 'binary' }), (records, source) => {
        let text = '';
        const add = writeExpertTrace({ ...header, source }, (part) => (text += part));
        for (const one of records) add(one);
        expect(readExpertTrace(text, 'a.trace')).toEqual({ header: { ...header, source }, records });
      }),
    );
  });

  it('an expert trace without records is a trace', () => {
    expect(readExpertTrace(`${HEADER}\n`, 'a.trace').records).toEqual([]);
  });

  const other = (change: object) =>
    `${JSON.stringify({ ...(JSON.parse(HEADER) as object), ...change })}\n0 1,2\n`;
  it.each([
    ['an empty file', '', 'BAD_MAGIC', /a\.trace is no expert trace/],
    ['a GGUF file', 'GGUF\u0003\0\0\0', 'BAD_MAGIC', /a\.trace is no expert trace/],
    ['other JSON', '[1]\n', 'BAD_MAGIC', /its format is undefined/],
    ['no object', 'null\n', 'BAD_MAGIC', /its format is undefined/],
    ['a later version', other({ version: 2 }), 'UNSUPPORTED_VERSION', /version 2; version 1/],
    ['an unknown key', other({ tokens: 5 }), 'BAD_CONFIG', /Line 1 of a\.trace: tokens is no key/],
    ['no layers', other({ layers: 0 }), 'BAD_CONFIG', /layers must be .*got 0/],
    ['layers as a text', other({ layers: '3' }), 'BAD_CONFIG', /layers must be .*got "3"/],
    ['too many experts', other({ experts: 1e9 }), 'BAD_CONFIG', /experts must be .*got 1000000000/],
    [
      'more experts used than there are',
      other({ used: 9 }),
      'BAD_CONFIG',
      /used must be .*the 8 experts; got 9/,
    ],
    ['a source that is no text', other({ source: 5 }), 'BAD_CONFIG', /source must be a text/],
    ['a cut line', `${HEADER}\n0 1,2\n1 3,`, 'TRUNCATED', /a\.trace ends within line 3/],
    ['a cut header', HEADER, 'TRUNCATED', /ends within line 1/],
    [
      'a layer that there is not',
      `${HEADER}\n3 1,2\n`,
      'BAD_CONFIG',
      /Line 2 .*layer must be .*below 3; got 3/,
    ],
    ['a negative layer', `${HEADER}\n-1 1,2\n`, 'BAD_CONFIG', /got -1/],
    ['an expert that there is not', `${HEADER}\n0 1,2\n1 1,8\n`, 'BAD_CONFIG', /Line 3 .*below 8; got 8/],
    ['a broken number', `${HEADER}\n0 1,2.5\n`, 'BAD_CONFIG', /got 2\.5/],
    ['a number with zeros before it', `${HEADER}\n0 1,02\n`, 'BAD_CONFIG', /got NaN/],
    ['the same expert twice', `${HEADER}\n0 1,1\n`, 'BAD_CONFIG', /same expert twice/],
    ['too few experts', `${HEADER}\n0 1,2;1\n`, 'BAD_CONFIG', /has 1 experts, and a token uses 2/],
    ['too many experts of a token', `${HEADER}\n0 1,2,3\n`, 'BAD_CONFIG', /has 3 experts/],
    ['an empty line', `${HEADER}\n\n0 1,2\n`, 'BAD_CONFIG', /Line 2 of a\.trace: ""/],
    ['a layer alone', `${HEADER}\n0\n`, 'BAD_CONFIG', /"0" is not a layer, a space/],
    ['lines of Windows', `${HEADER}\r\n0 1,2\r\n`, 'BAD_CONFIG', /Line 2/],
    ['two spaces', `${HEADER}\n0  1,2\n`, 'BAD_CONFIG', /is not a layer, a space/],
  ])('the reader of expert traces refuses %s', (_, text, code, message) => {
    const read = () => readExpertTrace(text, 'a.trace');
    expect(read).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
    expect(read).toThrow(expect.objectContaining({ details: expect.objectContaining({ name: 'a.trace' }) }));
  });

  it('the writer of expert traces refuses what the reader would refuse, and writes nothing of it', () => {
    const error = expect.objectContaining({ code: 'BAD_ARGUMENT' });
    const written: string[] = [];
    for (const bad of [{ layers: 0 }, { experts: 1.5 }, { used: 0 }, { used: 9 }])
      expect(() => writeExpertTrace({ ...header, ...bad }, (text) => written.push(text))).toThrow(error);
    expect(written).toEqual([]);
    const add = writeExpertTrace(header, (text) => written.push(text));
    for (const bad of [
      { layer: 3, rows: [[0, 1]] },
      { layer: 0, rows: [] },
      { layer: 0, rows: [[0, Number.NaN]] },
      { layer: 0, rows: [[0, 1], [2]] },
      { layer: 0, rows: [[4, 4]] },
    ])
      expect(() => add(bad)).toThrow(error);
    expect(written).toEqual([`${HEADER}\n`]);
  });
});
