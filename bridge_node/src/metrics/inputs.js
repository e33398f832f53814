import { CODES } from '../messages/codes.js';
import { COMMANDS } from '../messages/command.js';
import { addReading } from './reading.js';
import { Tally } from './tally.js';

/** The kinds of inputs that the bridge passes on. */
const KINDS = ['quote', 'data', 'command'];

/** What has come from the broker, and whether it was decided. */
export class InputMetrics {
  /**
   * @param {import('@platformatic/prom-client').Registry} registry
   * @param {Iterable<import('./route_meter.js').RouteMeter>} meters  of the routes that run
   */
  constructor(registry, meters) {
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
    this.commands = new Tally(
      registry,
      { name: 'tickwire_bridge_commands_total', help: 'Valid commands that have come.' },
      'command',
      COMMANDS,
    );
    this.decided = new Tally(
      registry,
      { name: 'tickwire_bridge_inputs_decided_total', help: 'Inputs that the algorithm has decided.' },
      'kind',
      KINDS,
    );
    this.failures = new Tally(registry, {
      name: 'tickwire_bridge_failures_total',
      help: 'Inputs at which the algorithm failed.',
    });
    addReading(
      registry,
      {
        name: 'tickwire_bridge_channel_last_input_timestamp_seconds',
        help: 'When the last valid input came on the channel, in seconds since 1970; 0 before the first.',
        labelNames: ['algo', 'channel'],
      },
      function* read() {
        for (const { algo, channels } of meters) {
          for (const [channel, seconds] of channels.read()) yield [{ algo, channel }, seconds];
        }
      },
    );
  }
}
