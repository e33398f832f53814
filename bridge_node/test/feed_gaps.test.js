import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FeedGaps } from '../src/route/feed_gaps.js';
import { keptLog } from './helpers.js';

/** What one finds, and how it is told at the end. */
function started() {
  const { log, lines } = keptLog();
  const counts = { feedGaps: 0, feedMissing: 0 };
  const gaps = new FeedGaps(log, counts);
  const end = () => {
    gaps.stop();
    const { feedGaps, feedMissing } = counts;
    return { feedGaps, feedMissing, told: lines.map(({ fields }) => [fields.first, fields.last]) };
  };
  return { gaps, lines, end };
}

/**
 * @param {number} from
 * @param {number} to
 */
function* range(from, to) {
  for (let number = from; number <= to; number++) yield number;
}

const NONE = { feedGaps: 0, feedMissing: 0, told: [] };

/**
 * What comes, as [channel, id, sid], and what is found.
 * @type {[string, [string, string, string?][], {feedGaps: number, feedMissing: number, told: string[][]}][]}
 */
const CASES = [
  [
    'a gap is told with its first and last id',
    [...range(1, 30), ...range(41, 50)].map((n) => ['quotes', `feed:r:${n}`]),
    { feedGaps: 1, feedMissing: 10, told: [['feed:r:31', 'feed:r:40']] },
  ],
  [
    'ids with leading zeros keep them',
    [...range(80, 110), 120].map((n) => ['quotes', `q${String(n).padStart(5, '0')}`]),
    { feedGaps: 1, feedMissing: 9, told: [['q00111', 'q00119']] },
  ],
  [
    'ids that are numbers alone have gaps',
    [...range(1, 30), 33].map((n) => ['quotes', String(n)]),
    { feedGaps: 1, feedMissing: 2, told: [['31', '32']] },
  ],
  [
    'quotes of one message have its number',
    [...range(1, 30), 35].flatMap((n) => ['GOOG', 'AAPL'].map((sid) => ['quotes', `feed:${n}/${sid}`, sid])),
    { feedGaps: 1, feedMissing: 4, told: [['feed:31/GOOG', 'feed:34/GOOG']] },
  ],
  [
    'each channel and each beginning is a feed of its own, however they are mixed',
    [...range(1, 30)].flatMap((n) => [
      ['quotes', `a:${n}`],
      ['quotes', `b:${2 * n}`],
      ['quotes', `c:${n + (n > 25 ? 1 : 0)}`],
      ['trades', `a:${n + 100}`],
    ]),
    { feedGaps: 1, feedMissing: 1, told: [['c:26', 'c:26']] },
  ],
  [
    'what comes again, after a reconnect or where a feed begins again, is no gap',
    [...range(1, 50), ...range(30, 60), 40, 41, ...range(1, 70)].map((n) => ['quotes', `feed:${n}`]),
    NONE,
  ],
  ['what comes late is no gap', [...range(1, 30), 34, 35, 31, 32, 33, 36].map((n) => ['quotes', `feed:${n}`]), NONE],
  [
    'of a gap that comes in part the rest is told',
    [...range(1, 30), 41, ...range(31, 35)].map((n) => ['quotes', `feed:${n}`]),
    { feedGaps: 1, feedMissing: 5, told: [['feed:36', 'feed:40']] },
  ],
  ['ids that rise by more than one are not numbered', [...range(1, 90)].map((n) => ['quotes', `feed:${3 * n}`]), NONE],
  [
    'a feed that leaves out every tenth id is not numbered',
    [...range(1, 200)].filter((n) => n % 10).map((n) => ['quotes', `feed:${n}`]),
    NONE,
  ],
  [
    'after a long row several gaps are told, in few lines',
    [...range(1, 150), 152, 154, 156, 158].map((n) => ['quotes', `feed:${n}`]),
    {
      feedGaps: 4,
      feedMissing: 4,
      told: [
        ['feed:151', 'feed:151'],
        ['feed:153', 'feed:153'],
      ],
    },
  ],
  [
    'ids that the bridge has made, and those that end in no number, have no gaps',
    [...range(1, 30), 40].flatMap((n) => [
      ['quotes', `~a1-${n}`],
      ['quotes', `${n}-x`],
      ['quotes', `${n}/AAPL`, 'GOOG'],
      ['quotes', `${n}GOOG`, 'GOOG'],
    ]),
    NONE,
  ],
];

for (const [sentence, inputs, found] of CASES) {
  test(sentence, () => {
    const { gaps, end } = started();
    for (const [channel, id, sid = 'GOOG'] of inputs) gaps.read(channel, id, sid);
    assert.deepEqual(end(), found);
  });
}

test('messages that were refused may be what is missing', () => {
  const { gaps, end } = started();
  for (const n of range(1, 30)) gaps.read('quotes', `feed:${n}`, 'GOOG');
  gaps.refused('quotes');
  gaps.refused('quotes');
  gaps.read('quotes', 'feed:33', 'GOOG');
  gaps.refused('others');
  gaps.refused('quotes');
  for (const n of range(37, 40)) gaps.read('quotes', `feed:${n}`, 'GOOG');
  assert.deepEqual(end(), NONE, 'a row of 10 is not enough for the second one');
});

test('memory is bounded whatever ids come, and a feed among them is learnt again', () => {
  const { gaps, end } = started();
  for (const n of range(1, 20_000)) {
    gaps.read('quotes', `x${n}y${n * 7}`, 'GOOG');
    if (n !== 19_999) gaps.read(`quotes/${n % 10}`, 'feed:1', 'GOOG');
    if (n !== 19_995) gaps.read('quotes', `feed:${n}`, 'GOOG');
  }
  assert.deepEqual(end(), { feedGaps: 1, feedMissing: 1, told: [['feed:19995', 'feed:19995']] });
});

test('a gap is told when nothing comes late, in a sentence that says what it may be', async () => {
  const { gaps, lines } = started();
  for (const n of [...range(1, 30), 33]) gaps.read('quotes', `feed:${n}`, 'GOOG');
  const alive = setInterval(() => {}, 1000);
  while (lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  clearInterval(alive);
  assert.deepEqual(lines, [
    {
      level: 'warn',
      fields: { channel: 'quotes', first: 'feed:31', last: 'feed:32', missing: 2 },
      text: 'the numbered ids of a feed have a gap: none from feed:31 to feed:32 has come. They were lost on the way, refused as parts of a message, or the feed has left them out',
    },
  ]);
  gaps.stop();
});
