import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';

import { LostRemoteError } from '../index.js';
import { block, GUARD, PERIOD, startClient, startPair, startPeer, startServer } from './helpers.js';

describe('heartbeats', { ...GUARD, concurrency: true }, () => {
  test('every long call of many is kept alive', async (t) => {
    const { client } = await startPair(t);
    const calls = Array.from({ length: 50 }, (_, i) => client.invoke('sleep', (5 * PERIOD) / 1000, i));
    assert.deepEqual(
      await Promise.all(calls),
      Array.from({ length: 50 }, (_, i) => i),
    );
  });

  test('a beat is the event _zpc_hb with [0], under the id of its call', async (t) => {
    const peer = await startPeer(t);
    const client = await startClient(t, peer.address);
    const answer = client.invoke('wait');
    const call = await peer.take();
    await peer.answer(call, '_zpc_hb', [0]);
    const beat = await peer.take({ heartbeats: true });
    assert.equal(beat.name, '_zpc_hb');
    assert.deepEqual(beat.args, [0]);
    assert.deepEqual(beat.header.response_to, call.header.message_id);
    assert.notDeepEqual(beat.header.message_id, call.header.message_id);
    await peer.answer(call, 'OK', [1]);
    assert.equal(await answer, 1);
  });

  test('a peer that never beats is lost, with every open call', async (t) => {
    const peer = await startPeer(t);
    const client = await startClient(t, peer.address);
    const lost = once(client, 'lost');
    const calls = [client.invoke('a'), client.invoke('b')];
    for (const [i, call] of calls.entries()) {
      await assert.rejects(call, (error) => {
        assert(error instanceof LostRemoteError);
        assert(error.message.includes(`the call of "${'ab'[i]}" was cut off: ${peer.address} sent no heartbeat`));
        return true;
      });
    }
    assert((await lost)[0] instanceof LostRemoteError);
    assert.equal(client.connected, false);
  });

  test('only beats count: other events of a call do not keep it alive', async (t) => {
    const peer = await startPeer(t);
    const client = await startClient(t, peer.address);
    const open = assert.rejects(client.invoke('a'), LostRemoteError);
    const call = await peer.take();
    const chatter = setInterval(() => peer.answer(call, '_zpc_more', [1]).catch(() => {}), PERIOD / 4);
    await open;
    clearInterval(chatter);
  });

  test('a server that stands still while its connection stays up is lost', async (t) => {
    const { server, client } = await startPair(t);
    const lost = once(client, 'lost');
    const open = assert.rejects(client.invoke('sleep', 60, 1), LostRemoteError);
    server.child.kill('SIGSTOP');
    await open;
    assert.match((await lost)[0].message, /sent no heartbeat for 2000 ms/);
  });
});

describe('heartbeats of a process that is held up', GUARD, () => {
  test('a client that was held up itself does not blame its peer', async (t) => {
    const peer = await startPeer(t);
    const client = await startClient(t, peer.address);
    const answer = client.invoke('a');
    const call = await peer.take();
    await peer.answer(call, '_zpc_hb', [0]);
    await peer.take({ heartbeats: true }); // one look is behind us, and the peer falls silent with us
    block(5 * PERIOD);
    await peer.take({ heartbeats: true }); // the late look is behind us too, with nothing heard
    await peer.answer(call, '_zpc_hb', [0]);
    await peer.take({ heartbeats: true });
    await peer.answer(call, 'OK', ['alive']);
    assert.equal(await answer, 'alive');
  });
});

describe('a server that dies', GUARD, () => {
  test('rejects all open calls, says so once, and refuses further calls at once', async (t) => {
    // A period of an hour: whatever is rejected here was not rejected by heartbeats.
    const server = await startServer(t, { heartbeat: 3_600_000 });
    const client = await startClient(t, server.address, { heartbeat: 3_600_000 });
    let times = 0;
    client.on('lost', () => (times += 1));
    const pid = await client.invoke('pid');
    const calls = Array.from({ length: 20 }, () => client.invoke('sleep', 60, 1));
    process.kill(pid, 'SIGKILL');
    for (const result of await Promise.allSettled(calls)) {
      assert.equal(result.status, 'rejected');
      assert(result.reason instanceof LostRemoteError);
      assert.match(result.reason.message, /the call of "sleep" was cut off: lost the connection to/);
    }
    assert.equal(client.connected, false);
    await assert.rejects(client.invoke('echo', 1), /not connected/);
    assert.equal(times, 1);
  });

  test('is noticed without any open call', async (t) => {
    const { server, client } = await startPair(t);
    const lost = once(client, 'lost');
    await server.kill();
    await lost;
    assert.equal(client.connected, false);
  });

  test('never runs a call made while it was unavailable, and serves again after connect()', async (t) => {
    const { server, client } = await startPair(t);
    await client.invoke('note', 'before');
    server.child.kill('SIGKILL');
    const stale = client.invoke('note', 'not noticed yet'); // the death has not reached us
    await assert.rejects(stale, LostRemoteError);
    await assert.rejects(client.invoke('note', 'while away'), LostRemoteError);
    const restarting = startServer(t, { address: server.address });
    await client.connect();
    await restarting;
    await client.invoke('note', 'after');
    assert.deepEqual(await client.invoke('notes'), ['after']);
  });

  test('can be reconnected to from the listener of lost, again and again', async (t) => {
    let server = await startServer(t);
    const client = await startClient(t, server.address);
    for (let round = 0; round < 3; round += 1) {
      const again = new Promise((resolve, reject) => {
        client.once('lost', () => client.connect().then(resolve, reject));
      });
      await server.kill();
      server = await startServer(t, { address: server.address });
      await again;
      assert.equal(await client.invoke('echo', round), round);
    }
  });

  test('delivers the answers that it gave before it went', async (t) => {
    const peer = await startPeer(t);
    const client = await startClient(t, peer.address);
    const lost = once(client, 'lost');
    const answers = Array.from({ length: 100 }, (_, i) => client.invoke('a', i));
    const calls = [];
    for (let i = 0; i < 100; i += 1) calls.push(await peer.take());
    for (const call of calls) await peer.answer(call, 'OK', call.args);
    peer.router.close();
    block(200); // so that the client finds the answers and the end at the same moment
    assert.deepEqual(
      await Promise.all(answers),
      Array.from({ length: 100 }, (_, i) => i),
    );
    await lost;
  });
});
