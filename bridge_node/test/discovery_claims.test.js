/** Several bridges, and the algorithms that are announced. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connect, discover, idsOf, sorted, startService, upTo } from './announcing.js';
import { FakeService, runBridge, startBackend, until } from './fake_backend.js';
import { BROKERS, Collected, startBroker } from './helpers.js';

for (const [name, start, skip] of BROKERS) {
  test(`with ${name} two bridges share the algorithms, and each serves what the other leaves`, { skip }, async (t) => {
    const { url } = await start(t);
    const { announce, publish, on } = await connect(t, url);
    const services = await Promise.all(upTo(6).map((n) => startService(t, `a${n}`)));
    const bridges = [discover(t, url), discover(t, url)];
    await until(() => bridges.every(({ bridge }) => bridge.missing[0]?.startsWith('no algorithm')));
    await Promise.all(services.map(({ address }, n) => announce(`a${n}`, address)));
    await until(() => bridges.every(({ bridge }) => bridge.missing.length === 0));
    await publish(20);
    await until(() => services.every(({ service }) => service.decided.size === 20));
    const before = services.map((_, n) => on(`bridges/a${n}`).values.length);
    await publish(20);
    await until(() => services.every(({ service }) => service.decided.size === 40));
    // nobody fights: after it is settled no claim changes, other than being asserted to who asks
    for (const [n, count] of before.entries()) {
      const later = on(`bridges/a${n}`)
        .values.slice(count)
        .map((claim) => JSON.parse(claim).instance);
      assert.ok(new Set(later.filter(Boolean)).size <= 1);
    }
    await bridges[0].stop();
    await until(() => bridges[1].bridge.missing.length === 0);
    await publish(20);
    await until(() => services.every(({ service }) => service.decided.size === 60));
    for (const { service } of services) assert.deepEqual(sorted(idsOf(service)), upTo(60));
  });
}

test('an algorithm is taken over from a bridge that was killed, as soon as that has not answered', async (t) => {
  await Promise.all(
    BROKERS.filter(([, , skip]) => !skip).map(async ([, start]) => {
      const { url } = await start(t);
      const { announce, publish, retain } = await connect(t, url);
      const { service, address } = await startService(t, 'a');
      await retain('bridges/a', JSON.stringify({ instance: 'killed', started: Date.now(), host: 'here', pid: 7 }));
      await announce('a', address);
      const { bridge, lines } = discover(t, url);
      const asking = `backend ${address}: the bridge that claims its algorithm is asked whether it lives`;
      await until(() => bridge.missing[0] === asking);
      await until(() => bridge.missing.length === 0);
      await publish(5);
      await until(() => service.decided.size === 5);
      const asked = lines.filter(({ text }) => text.includes('does not answer (here, process 7); taking over'));
      assert.equal(asked.length, 1);
    }),
  );
});

test('a bridge that names a backend takes it from one that has found it, which serves it again afterwards', async (t) => {
  const { url } = await startBroker(t);
  const { announce, publish } = await connect(t, url);
  const { service, address } = await startService(t, 'a');
  await announce('a', address);
  const found = discover(t, url);
  await until(() => found.bridge.missing.length === 0);
  const named = runBridge(t, url, [{ address, params: {} }]);
  await until(() => found.lines.some(({ text }) => text.includes('another bridge for a has started')));
  await until(() => named.bridge.missing.length === 0);
  await publish(10);
  await until(() => service.decided.size === 10);
  await until(() => found.bridge.missing.length === 0); // it is served, by the other
  await named.stop();
  await publish(10);
  await until(() => service.decided.size === 20);
  assert.deepEqual(sorted(idsOf(service)), upTo(20));
});

test('a backend is initialised again once its algorithm is free that was claimed meanwhile', async (t) => {
  const { url } = await startBroker(t);
  const { announce, publish, retain, on } = await connect(t, url);
  const service = new FakeService(['quotes'], 'a');
  const initialized = new Collected();
  /** @type {(value?: unknown) => void} */
  let open = () => {};
  const opened = new Promise((resolve) => {
    open = resolve;
  });
  const { address } = await startBackend(t, {
    ...service.methodsWithJournal(),
    initialize: () => {
      initialized.push('');
      return opened.then(() => ['quotes']);
    },
  });
  const { bridge, lines } = discover(t, url);
  await announce('a', address);
  await initialized.until(1);
  const claim = JSON.stringify({ instance: 'other', started: Date.now() + 1e6, host: 'there', pid: 7 });
  await retain('bridges/a', claim);
  on('bridges/a').on('value', () => {
    if (on('bridges/a').values.at(-1).startsWith('{"asks"')) void retain('bridges/a', claim);
  });
  open();
  await until(() => lines.some(({ text }) => text.includes('is claimed by another bridge (there, process 7)')));
  await until(() => bridge.missing.length === 0);
  assert.equal(initialized.values.length, 1);
  await retain('bridges/a', '');
  await initialized.until(2);
  await until(() => on('bridges/a').values.some((text) => text.includes(`"pid":${process.pid}`)));
  await until(() => bridge.missing.length === 0);
  await publish(10);
  await until(() => service.decided.size === 10);
});
