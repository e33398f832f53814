import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parametersOf } from '../server/signature.js';

/* eslint-disable no-unused-vars */
class Methods {
  plain(/** @type {any} */ a, /** @type {any} */ b) {}
  async later(/** @type {any} */ a) {}
  *items(n = 3) {}
  async *slowly(n = -1.5, unit = 's') {}
  none() {}
  'a name (with brackets)'(/** @type {any} */ a) {}
}
/* eslint-enable no-unused-vars */

const { prototype } = Methods;

/** @type {[string, Function, string | undefined][]} */
const SIGNATURES = [
  ['a method', prototype.plain, 'a b'],
  ['an asynchronous method', prototype.later, 'a'],
  ['a generator', prototype.items, 'n=3'],
  ['an asynchronous generator', prototype.slowly, 'n=-1.5 unit="s"'],
  ['a method without parameters', prototype.none, ''],
  ['an arrow', eval('(a, b = null) => a'), 'a b=null'],
  ['an arrow without brackets', eval('value => (value, 1)'), 'value'],
  ['an asynchronous arrow', eval('async größe => größe'), 'größe'],
  ['a function with a rest', eval('(function f(a, ...rest) {})'), 'a ...rest'],
  ['comments', eval('(function f(a /* the first, (really) */, // and\n b) {})'), 'a b'],
  ['defaults with brackets and texts', eval(`(a = [1, (2)], b = ")", c = '\\')', d = {e: 1}) => 1`), undefined],
  ['patterns', eval('({ sid, quote = 1 }, [a, b] = []) => 1'), '{ sid, quote = 1 } [a, b]=[]'],
];

for (const [what, method, expected] of SIGNATURES) {
  test(`the parameters of ${what} are found`, () => {
    const found = /** @type {import('../server/signature.js').Parameter[]} */ (parametersOf(method));
    const shown = found.map((each) => {
      const given = 'default' in each ? `=${JSON.stringify(each.default)}` : '';
      return `${each.isRest ? '...' : ''}${each.name}${given}`;
    });
    assert.equal(shown.join(' '), expected ?? 'a="[1, (2)]" b=")" c="\'\\\\\')\'" d="{e: 1}"');
  });
}

test('a function without a source has unknown parameters', () => {
  assert.equal(parametersOf(parametersOf.bind(null)), undefined);
  assert.equal(parametersOf(Math.max), undefined);
});
