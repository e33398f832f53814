import { CODES } from '../messages/codes.js';
import { Tally } from './tally.js';

/** The kinds of inputs that the bridge passes on. */
const KINDS = ['quote', 'data', 'command'];

/** What has come of the messages of the broker, by algorithm. */
export class InputMetrics {
  /** @param {import('@platformatic/prom-client').Registry} registry */
  constructor(registry) {
    this.received = new Tally(
      registry,
      { name: 'tickwire_bridge_inputs_received_total', help: 'Inputs that were read from messages of the broker.' },
      'kind',
      KINDS,
    );
    this.refused = new Tally(
      registry,
      { name: 'tickwire_bridge_refused_total', help: 'Messages that were refused, by the code of the refusal.' },
      'code',
      CODES.filter((code) => code !== 'algorithm'),
    );
  }
}
