import { expect, it } from 'vitest';
import type { Part, Stage } from '../weights/segments.ts';
import { groupLayers } from './layer-groups.ts';

const part: Part = { name: '', weights: {}, segments: [] };

/** Layers with names; a name in capitals: a layer with experts. */
function layersOf(names: string): Stage[] {
  return [...names].map((name) => ({
    name,
    weights: {},
    segments: [],
    experts: name === name.toUpperCase() ? [part] : [],
    before: part,
    after: part,
  }));
}

it.each([
  ['as many as allowed', 'abcdef', 3, '0:abc 3:def'],
  ['the last group may be smaller', 'abcde', 2, '0:ab 2:cd 4:e'],
  ['one by one', 'abc', 1, '0:a 1:b 2:c'],
  ['a layer with experts ends its group', 'abCdEF', 4, '0:abC 3:dE 5:F'],
  ['no layers', '', 4, ''],
])('groups of layers: %s', (_, names, most, expected) => {
  const groups = groupLayers(layersOf(names), most);
  const shown = groups.map(({ first, stages }) => `${first}:${stages.map(({ name }) => name).join('')}`);
  expect(shown.join(' ')).toBe(expected);
});
