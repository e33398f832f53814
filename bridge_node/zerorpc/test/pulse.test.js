import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Pulse } from '../wire/pulse.js';

// h: a beat is heard; . a look on time; L a look that comes late.
const HISTORIES = [
  ['a call that never heard a beat is lost at the third look', '...', 'wait beat lost'],
  ['a remote that beats once a period is never lost', 'h.h.h.h.h.', 'wait beat beat beat beat'],
  ['a remote that was heard is lost after two silent periods', 'h.h...', 'wait beat beat lost'],
  ['one silent period is forgiven', 'h..h..h.', 'wait beat beat beat beat'],
  ['two beats in one period count as one', 'hh...', 'wait beat lost'],
  ['a late look is no evidence of silence', 'h..LLL.', 'wait beat beat beat beat lost'],
  ['a call that begins with late looks still gets three on time', 'LL...', 'wait beat beat beat lost'],
  ['a beat heard before a late look counts', 'h..hL..', 'wait beat beat beat lost'],
];

for (const [sentence, history, verdicts] of HISTORIES) {
  test(sentence, () => {
    const pulse = new Pulse(1);
    const seen = [];
    for (const step of history) {
      if (step === 'h') pulse.hear();
      else seen.push(pulse.look(step === 'L'));
    }
    assert.equal(seen.join(' '), verdicts);
  });
}
