import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { checkChannels } from '../src/backend/channels.js';
import { checkName } from '../src/backend/name.js';
import { LIMITS } from '../src/messages/limits.js';
import { RESERVED_TOPICS } from '../src/messages/reserved_topics.js';
import { checkPrefix } from '../src/mqtt/prefix.js';
import { commandChannel, outputTopics } from '../src/route/topics.js';
import { overlap } from '../src/support/topic_filter.js';
import { nameOfLevel, topicLevel } from '../src/support/topic_level.js';

test('two filters overlap when some topic matches both', () => {
  for (const [a, b, expected] of /** @type {[string, string, boolean][]} */ ([
    ['quotes', 'quotes', true],
    ['quotes', 'quote', false],
    ['quotes', 'quotes/goog', false],
    ['quotes/#', 'quotes', true],
    ['quotes/#', 'quotes/goog/1', true],
    ['quotes/+', 'quotes/goog', true],
    ['quotes/+', 'quotes/goog/1', false],
    ['quotes/+/a', 'quotes/b/+', true],
    ['+/goog', 'quotes/+', true],
    ['#', '$SYS/broker/load', false],
    ['+/broker/load', '$SYS/broker/load', false],
    ['$SYS/#', '$SYS/broker/load', true],
    ['a/b/#', 'a/+', true],
    ['a/b/#', 'a/#', true],
    ['/a', 'a', false],
  ])) {
    assert.equal(overlap(a, b), expected, `${a} and ${b}`);
    assert.equal(overlap(b, a), expected, `${b} and ${a}`);
  }
});

test('channels that are not filters, receive an output or overlap are refused', () => {
  const taken = ['quotes', 'indicators/+/+', 'bars/1m/+', 'x/#'];
  assert.deepEqual(checkChannels(taken), taken);
  for (const [channels, sentence] of /** @type {[unknown, RegExp][]} */ ([
    ['quotes', /has to return a list/],
    [[], /has to return a list/],
    [null, /has to return a list/],
    [[''], /a channel is a text/],
    [[7], /a channel is a text/],
    [['quotes/#/goog'], /"#" for all that follow/],
    [['quotes+'], /"\+" stands for one whole level/],
    [['a\0b'], /a character that MQTT forbids/],
    [['$share/group/quotes'], /shared subscriptions/],
    [['#'], /would receive orders/],
    [['+/random'], /would receive orders/],
    [['orders/other'], /would receive orders/],
    [['errors'], /would receive errors/],
    [['portfolios/#'], /would receive portfolios/],
    [['quotes/#', 'quotes/goog'], /"quotes\/#" and "quotes\/goog" of initialize overlap/],
    [['quotes', 'quotes'], /overlap/],
  ])) {
    assert.throws(() => checkChannels(channels), sentence, JSON.stringify(channels));
  }
});

test('a name that would break topics and ids is refused', () => {
  assert.equal(checkName('MyAlgo-2.1'), 'MyAlgo-2.1');
  assert.equal(checkName('🚀'.repeat(LIMITS.name)), '🚀'.repeat(LIMITS.name));
  for (const name of ['', 'a/b', 'a+', '#', 'a:b', 'a\0', 'a\n', 'a\x85', 'n'.repeat(LIMITS.name + 1)]) {
    assert.throws(() => checkName(name), /would break topics/);
  }
});

test('a prefix may end with "/", and is refused if no topic can begin with it', () => {
  assert.equal(checkPrefix('site1'), 'site1/');
  assert.equal(checkPrefix('größe/site 1/'), 'größe/site 1/');
  for (const prefix of ['', '/', '/site1', '$SYS/', '$share/x', 'a/+/b', 'a#', 'a\0', '\ud800']) {
    assert.throws(() => checkPrefix(prefix), /--prefix is .*: it is written site1\//, JSON.stringify(prefix));
  }
  assert.deepEqual(
    new Set(Object.values(outputTopics('x', 'site1/')).map((topic) => topic.split('/')[0])),
    new Set(['site1']),
  );
});

const { valid, invalid } = JSON.parse(
  readFileSync(new URL('../../contracts/examples/topic_level.json', import.meta.url), 'utf8'),
);

for (const { name, level } of valid) {
  test(`a name becomes one level, and is read from it: ${level}`, () => {
    assert.equal(topicLevel(name), level);
    assert.equal(nameOfLevel(level), name);
    assert.doesNotMatch(level, /[/+# ]/);
  });
}

for (const { level, because } of invalid) {
  test(`the level "${level}" stands for no name: ${because}`, () => {
    assert.equal(nameOfLevel(level), undefined);
  });
}

test('the topics of an algorithm have its name as one level', () => {
  for (const topic of Object.values(outputTopics('50% cash', 'site 1/'))) {
    assert.match(topic, /^site 1\/[a-z]+\/50%25%20cash$/);
  }
  assert.equal(commandChannel('50% cash'), 'commands/50%25%20cash');
});

test('every output has a reserved topic, except data, which is a channel of others', () => {
  const { data, ...others } = outputTopics('x');
  for (const topic of Object.values(others)) assert.ok(RESERVED_TOPICS.includes(topic.split('/')[0]), topic);
  assert.equal(data, 'data/x');
});

test('the same rules apply to channels of the command line', () => {
  assert.throws(() => checkChannels(['a/#', 'a/b'], '--channel'), /channels "a\/#" and "a\/b" of --channel overlap/);
  assert.throws(() => checkChannels([''], '--channel'), /channel "" of --channel: a channel is a text/);
});
