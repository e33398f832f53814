import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { Client } from '../callbacks.js';
import { LostRemoteError, RemoteError } from '../index.js';
import { GUARD, startServer } from './helpers.js';

/** @param {any} client @param {string} method @param {...unknown} args */
const outcome = (client, method, ...args) =>
  new Promise((resolve) => client.invoke(method, ...args, (/** @type {unknown[]} */ ...all) => resolve(all)));

describe('the client of callbacks', GUARD, () => {
  test('answers calls that were made before it was connected', async (t) => {
    const { address } = await startServer(t);
    const client = new Client();
    t.after(() => client.close());
    client.connect(address);
    assert.deepEqual(await outcome(client, 'add', 'a', 'b'), [null, 'ab', false]);
    client.invoke('note', 'without a callback');
    assert.deepEqual(await outcome(client, 'notes'), [null, ['without a callback'], false]);
  });

  test('hands over what went wrong', async (t) => {
    const { address } = await startServer(t);
    const client = new Client();
    const [early] = await outcome(client, 'echo', 1);
    assert.match(early.message, /connect\(\) first/);
    client.connect(address);
    const [error, value] = await outcome(client, 'fail');
    assert(error instanceof RemoteError);
    assert.deepEqual([error.name, value], ['ValueError', undefined]);
    const cut = outcome(client, 'sleep', 60, 1);
    client.close();
    client.close();
    assert((await cut)[0] instanceof LostRemoteError);
    assert((await outcome(client, 'echo', 1))[0] instanceof LostRemoteError);
  });

  test('connects again after a loss', async (t) => {
    const server = await startServer(t);
    const client = new Client();
    t.after(() => client.close());
    client.connect(server.address);
    const cut = outcome(client, 'sleep', 60, 1);
    await outcome(client, 'echo', 1);
    await server.kill();
    assert((await cut)[0] instanceof LostRemoteError);
    await startServer(t, { address: server.address });
    assert.deepEqual(await outcome(client, 'echo', 2), [null, 2, false]);
  });
});
