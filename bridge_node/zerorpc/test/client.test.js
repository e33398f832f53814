import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';

import { Client, EncodeError, LostRemoteError, ProtocolError, RemoteError, TimeoutError } from '../index.js';
import { GUARD, PERIOD, startClient, startServer } from './helpers.js';

describe('with a Python server', GUARD, () => {
  /** @type {Client} */
  let client;
  /** @type {(() => unknown)[]} */
  const cleanups = [];
  before(async () => {
    const t = /** @type {any} */ ({ after: (/** @type {() => unknown} */ f) => cleanups.unshift(f) });
    const { address } = await startServer(t);
    client = await startClient(t, address);
  });
  after(async () => {
    for (const cleanup of cleanups) await cleanup();
  });

  test('undefined arrives as None, alone and in a map', async () => {
    assert.equal(await client.invoke('describe', { a: undefined }), "{'a': None}");
    assert.equal(await client.invoke('echo', undefined), null);
  });

  test('invokeRaw leaves the texts of a value as bytes, reads its keys, and reads an error', async () => {
    const value = { orders: ['größe', ''], count: 3 };
    const raw = await client.invokeRaw('echo', value);
    assert.deepEqual(raw, { orders: value.orders.map((text) => Buffer.from(text)), count: 3 });
    await assert.rejects(client.invokeRaw('no_such_method'), (error) => {
      assert(error instanceof RemoteError);
      assert.match(error.message, /no_such_method/);
      return true;
    });
  });

  test('exchange adds to the header, which a server may ignore, and returns that of the answer', async () => {
    const { value, header } = await client.exchange('echo', ['größe'], { trace: [1, { id: 'a' }] });
    assert.deepEqual(value, Buffer.from('größe'));
    assert.equal(header.v, 3);
    await assert.rejects(client.exchange('no_such_method', [], {}), RemoteError);
  });

  test('an integer that no number holds comes as BigInt, or as the nearest number if its owner says so', async (t) => {
    assert.equal(await client.invoke('big_int'), 2n ** 63n - 1n);
    const nearest = new Client(client.address, { heartbeat: PERIOD, bigint: false });
    t.after(() => nearest.close());
    await nearest.connect();
    assert.equal(await nearest.invoke('big_int'), 2 ** 63);
    assert.equal(await nearest.invokeRaw('big_int'), 2 ** 63);
  });

  test('an argument of five megabytes goes both ways', async () => {
    const text = '€ 345.25 '.repeat(550_000);
    assert.equal(await client.invoke('size', text), text.length);
    assert.equal(await client.invoke('echo', text), text);
  });

  test('several arguments keep their order', async () => {
    assert.equal(await client.invoke('add', 'a', 'b'), 'ab');
  });

  test('wrong arguments are a TypeError of the remote', async () => {
    await assert.rejects(client.invoke('add', 1), (error) => {
      assert(error instanceof RemoteError);
      assert.equal(error.name, 'TypeError');
      return true;
    });
  });

  test('two hundred overlapping calls each get their own answer, though slower ones are out', async () => {
    const calls = Array.from({ length: 200 }, (_, i) => client.invoke(i % 4 === 0 ? 'hold' : 'echo', { i }));
    await Promise.all(calls.filter((_, i) => i % 4 !== 0)); // the slow ones wait for the quick ones
    await client.invoke('release');
    assert.deepEqual(
      await Promise.all(calls),
      Array.from({ length: 200 }, (_, i) => ({ i })),
    );
  });

  test('what cannot be encoded rejects that call alone', async () => {
    const good = client.invoke('sleep', 0.05, 'good');
    await assert.rejects(
      client.invoke('echo', () => 1),
      EncodeError,
    );
    assert.equal(await good, 'good');
    assert.equal(await client.invoke('echo', 1), 1);
  });

  test('an answer that JavaScript cannot hold rejects that call alone', async () => {
    const good = client.invoke('sleep', 0.05, 'good');
    await assert.rejects(client.invoke('unreadable'), (error) => {
      assert(error instanceof ProtocolError);
      assert.match(error.message, /"unreadable" is unreadable/);
      return true;
    });
    assert.equal(await good, 'good');
  });

  test('a stream is refused by invoke(), a value by stream(), each with a sentence', async () => {
    await assert.rejects(client.invoke('stream'), (error) => {
      assert(error instanceof ProtocolError);
      assert.equal(error.message, '"stream" was answered with a stream: call it with stream()');
      return true;
    });
    await assert.rejects(client.stream('echo', 1).next(), (error) => {
      assert(error instanceof ProtocolError);
      assert.equal(error.message, '"echo" was answered with one value: call it with invoke()');
      return true;
    });
    assert.equal(await client.invoke('echo', 1), 1);
  });

  test('connect() while connected does nothing', async () => {
    await client.connect();
    assert.equal(await client.invoke('echo', 1), 1);
  });
});

describe('connecting', GUARD, () => {
  for (const address of [
    '',
    'localhost:4242',
    'tcp//127.0.0.1:4242',
    'tcp://127.0.0.1',
    'tcp://:4242',
    'tcp://*:4242',
    'tcp://127.0.0.1:0',
    'tcp://127.0.0.1:65536',
    'http://127.0.0.1:80',
    'ipc://',
  ]) {
    test(`the address "${address}" is refused with a sentence that names it`, async () => {
      await assert.rejects(new Client(address).connect(), (error) => {
        assert(error instanceof TypeError);
        assert(error.message.startsWith(`${JSON.stringify(address)} is not the address of a server`));
        return true;
      });
    });
  }

  test('a heartbeat that is not a valid period is refused with a sentence', () => {
    for (const heartbeat of [0, -1, NaN, Infinity]) {
      assert.throws(() => new Client('tcp://127.0.0.1:4242', { heartbeat }), {
        name: 'TypeError',
        message: /^heartbeat is /,
      });
    }
  });

  test('it rejects after its timeout if no server listens', async () => {
    const client = new Client('tcp://127.0.0.1:1');
    await assert.rejects(client.connect({ timeout: 250 }), (error) => {
      assert(error instanceof TimeoutError);
      assert.match(error.message, /no server answered at tcp:\/\/127\.0\.0\.1:1 within 250 ms/);
      return true;
    });
    assert.equal(client.connected, false);
    await client.close();
  });

  test('it rejects after its timeout if the host is unknown', async () => {
    await assert.rejects(new Client('tcp://no.such.host.invalid:4242').connect({ timeout: 250 }), TimeoutError);
  });

  test('it waits for a server that comes later', async (t) => {
    const first = await startServer(t);
    await first.kill();
    const client = new Client(first.address);
    t.after(() => client.close());
    const connecting = client.connect();
    const same = client.connect();
    await startServer(t, { address: first.address });
    await Promise.all([connecting, same]);
    assert.equal(client.connected, true);
    assert.equal(await client.invoke('echo', 'late'), 'late');
  });

  test('close() ends a connect() that is under way', async () => {
    const client = new Client('tcp://127.0.0.1:1');
    const connecting = assert.rejects(client.connect(), (error) => {
      assert(error instanceof LostRemoteError);
      assert.match(error.message, /was closed/);
      return true;
    });
    await client.close();
    await connecting;
  });

  test('a call before connect() is rejected at once', async () => {
    await assert.rejects(new Client('tcp://127.0.0.1:1').invoke('echo', 1), (error) => {
      assert(error instanceof LostRemoteError);
      assert.match(error.message, /cannot call "echo": not connected to tcp:\/\/127\.0\.0\.1:1/);
      return true;
    });
  });
});

describe('closing', GUARD, () => {
  test('open calls are rejected, a second close() does nothing, and nothing works afterwards', async (t) => {
    const { address } = await startServer(t);
    const client = await startClient(t, address);
    client.on('lost', () => assert.fail('what its owner closed is not lost'));
    const open = assert.rejects(client.invoke('sleep', 60, 1), LostRemoteError);
    await client.close();
    await client.close();
    await open;
    assert.equal(client.connected, false);
    await assert.rejects(client.invoke('echo', 1), LostRemoteError);
    await assert.rejects(client.connect(), LostRemoteError);
  });

  test('nothing is left behind: no timer, no socket, and the process is free to exit', async (t) => {
    const { address } = await startServer(t);
    const script = `
      import { Client } from ${JSON.stringify(new URL('../index.js', import.meta.url).href)};
      const client = new Client(${JSON.stringify(address)});
      await Promise.all([client.connect({ timeout: 60_000 }), client.connect()]);
      const open = client.invoke('sleep', 60, 1).catch(() => {});
      const waiting = new Client('tcp://127.0.0.1:1');
      const connecting = waiting.connect().catch(() => {});
      if (await client.invoke('echo', 42) !== 42) process.exit(3);
      await client.close();
      await waiting.close();
      await Promise.all([open, connecting]);
      if (process.getActiveResourcesInfo().includes('Timeout')) process.exit(4);`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    t.after(() => child.kill('SIGKILL'));
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  });
});
