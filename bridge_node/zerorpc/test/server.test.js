import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';

import { RemoteError, Server, ZerorpcError } from '../index.js';
import { GUARD, startCaller, startClient, startOwnServer } from './helpers.js';

/** @param {import('node:test').TestContext} t @param {object} methods */
async function startBoth(t, methods) {
  const { server, address } = await startOwnServer(t, methods);
  return { server, address, client: await startClient(t, address) };
}

describe('the methods of a server', GUARD, () => {
  class Base {
    inherited() {
      return 'inherited';
    }
  }
  class Methods extends Base {
    count = 0;
    arrow = (/** @type {number} */ n) => n + 1;
    next() {
      this.count += 1;
      return this.count;
    }
    get calculated() {
      return () => 'a property that is calculated is no method';
    }
    _hidden() {}
  }

  test('are the functions of the object and of its classes, called with it as this', async (t) => {
    const { client } = await startBoth(t, new Methods());
    assert.deepEqual((await client.invoke('_zerorpc_list')).sort(), ['arrow', 'inherited', 'next']);
    assert.deepEqual(await client.invoke('_zerorpc_ping'), ['pong', 'Methods']);
    assert.equal(await client.invoke('inherited'), 'inherited');
    assert.equal(await client.invoke('arrow', 1), 2);
    assert.deepEqual([await client.invoke('next'), await client.invoke('next')], [1, 2]);
    for (const name of ['_hidden', 'constructor', 'toString', '__proto__', 'calculated', 'count']) {
      await assert.rejects(client.invoke(name), { name: 'NameError', message: name });
    }
    await assert.rejects(client.invoke('_zerorpc_help', 'nothing'), { name: 'NameError', message: 'nothing' });
  });

  test('begin in the order of the calls, and overlap', async (t) => {
    /** @type {number[]} */
    const begun = [];
    /** @type {(() => void)[]} */
    const release = [];
    const { client } = await startBoth(t, {
      hold: (/** @type {number} */ n) => {
        begun.push(n);
        return new Promise((resolve) => release.push(() => resolve(n)));
      },
      release: () => release.reverse().forEach((each) => each()),
    });
    const held = Array.from({ length: 200 }, (_, i) => client.invoke('hold', i));
    await client.invoke('release');
    const sorted = Array.from({ length: 200 }, (_, i) => i);
    assert.deepEqual(await Promise.all(held), sorted);
    assert.deepEqual(begun, sorted);
  });

  test('may not be none', () => {
    for (const methods of [{}, { _a() {} }, null, 7]) {
      assert.throws(() => new Server(/** @type {any} */ (methods)), {
        name: 'TypeError',
        message: /nothing to expose/,
      });
    }
    assert.throws(() => new Server({ a() {} }, { heartbeat: 0 }), { name: 'TypeError', message: /^heartbeat is 0/ });
  });
});

describe('what a method throws', GUARD, () => {
  class OwnError extends Error {}
  const unspeakable = new Proxy(new Error('x'), {
    get() {
      throw new Error('no');
    },
  });
  /** @type {[string, unknown, string, string][]} */
  const THROWN = [
    ['an error', new RangeError('too far'), 'RangeError', 'too far'],
    ['an error of its own class', new OwnError('mine'), 'OwnError', 'mine'],
    ['an error with a name', Object.assign(new Error('named'), { name: 'ValueError' }), 'ValueError', 'named'],
    ['a text', 'boom', 'Error', 'boom'],
    ['nothing', undefined, 'Error', 'undefined'],
    ['half of a surrogate pair', new Error('\ud800'), 'Error', '\ufffd'],
    ['an object that throws when it is looked at', unspeakable, 'Error', 'an error that cannot be described'],
  ];
  for (const [what, thrown, name, message] of THROWN) {
    test(`${what} reaches the caller, at once or later`, async (t) => {
      const { client, server } = await startBoth(t, {
        now() {
          throw thrown;
        },
        async later() {
          throw thrown;
        },
      });
      for (const method of ['now', 'later']) {
        await assert.rejects(client.invoke(method), (error) => {
          assert(error instanceof RemoteError);
          assert.deepEqual([error.name, error.message], [name, message]);
          assert(error.traceback?.startsWith(`${name}: ${message}`));
          return true;
        });
      }
      assert.equal(server.calls, 0);
    });
  }

  test('a value that has no form in MessagePack is an EncodeError of that call, also within a stream', async (t) => {
    const { client } = await startBoth(t, {
      value: () => () => 1,
      *items() {
        yield 1;
        yield { set: new Set() };
      },
    });
    await assert.rejects(client.invoke('value'), {
      name: 'EncodeError',
      message: /^cannot encode the value of "value"/,
    });
    const items = client.stream('items');
    assert.deepEqual(await items.next(), { value: 1, done: false });
    await assert.rejects(items.next(), { name: 'EncodeError', message: /a Set has no form/ });
  });
});

describe('listening', GUARD, () => {
  test('finds a free port, and several addresses lead to the same methods', async (t) => {
    const server = new Server({ whoami: () => 'me' });
    t.after(() => server.close());
    for (const wanted of ['tcp://127.0.0.1:0', 'tcp://*:0']) {
      const address = await server.bind(wanted);
      assert.match(address, /^tcp:\/\/[\d.]+:[1-9]\d+$/);
      const client = await startClient(t, address.replace('0.0.0.0', '127.0.0.1'));
      assert.equal(await client.invoke('whoami'), 'me');
    }
  });

  test('is refused with a sentence where it cannot be', async (t) => {
    const { address } = await startOwnServer(t, { a() {} });
    const server = new Server({ a() {} });
    t.after(() => server.close());
    await assert.rejects(server.bind(address), (error) => {
      assert(error instanceof ZerorpcError);
      assert.equal(error.message, `cannot listen at ${address}: it is in use`);
      return true;
    });
    for (const wrong of ['', 'tcp://127.0.0.1', 'localhost:4242', 'tcp://:1', 'http://a:1']) {
      await assert.rejects(server.bind(wrong), { name: 'TypeError', message: /^a server cannot listen at / });
    }
  });

  test('ends with close(): answers that were given arrive, calls under way get none, the process may exit', async (t) => {
    const script = `
      import { Client, Server } from ${JSON.stringify(new URL('../index.js', import.meta.url).href)};
      const server = new Server({ echo: (value) => value, hold: () => new Promise(() => {}) });
      const address = await server.bind('tcp://127.0.0.1:0');
      const client = new Client(address);
      await client.connect();
      const held = client.invoke('hold').then(() => process.exit(3), (error) => error.name);
      if (await client.invoke('echo', 1) !== 1) process.exit(4);
      server.close();
      server.close();
      if (server.calls !== 0 || await held !== 'LostRemoteError') process.exit(5);
      await client.close();`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    t.after(() => child.kill('SIGKILL'));
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  });
});

describe('an id', GUARD, () => {
  test('comes back in the type in which the caller has written it, and belongs to that caller', async (t) => {
    const { address } = await startOwnServer(t, { echo: (/** @type {unknown} */ value) => value });
    const callers = [startCaller(t, address), startCaller(t, address)];
    for (const id of ['the same', Buffer.from([1, 255])]) {
      for (const [n, caller] of callers.entries()) await caller.call('echo', [n], id);
      for (const [n, caller] of callers.entries()) {
        const { header, name, args } = await caller.take();
        assert.deepEqual([name, args], ['OK', [n]]);
        assert.deepEqual(header.response_to, id);
        assert.equal(header.v, 3);
      }
    }
  });
});
