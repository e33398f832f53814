import { overlap } from '../support/topic_filter.js';

/** Channels of an algorithm that are shown. */
const MAX_CHANNELS = 100;
/** Topics whose channel is remembered. */
const MAX_KNOWN_TOPICS = 10_000;

/** When something came last on each channel of an algorithm. */
export class ChannelTimes {
  /** By channel, in ms of the steady clock. @type {Map<string, {last: number | undefined}>} */
  #channels = new Map();
  /** By topic. @type {Map<string, {last: number | undefined}>} */
  #known = new Map();

  /** @param {string[]} channels  MQTT topic filters, from now on */
  set(channels) {
    const shown = channels.slice(0, MAX_CHANNELS);
    this.#channels = new Map(shown.map((channel) => [channel, this.#channels.get(channel) ?? { last: undefined }]));
    this.#known.clear();
  }

  /**
   * @param {string} topic  of a message that has come
   * @param {number} at  ms of the steady clock
   */
  heard(topic, at) {
    let channel = this.#known.get(topic);
    if (!channel) {
      const filter = [...this.#channels.keys()].find((each) => overlap(each, topic));
      channel = this.#channels.get(filter ?? '') ?? { last: undefined };
      if (this.#known.size >= MAX_KNOWN_TOPICS) this.#known.clear();
      this.#known.set(topic, channel);
    }
    channel.last = at;
  }

  /** @returns {Iterable<[string, number]>} each channel, with seconds since 1970 by the clock as it is now, or 0 */
  *read() {
    const [wall, steady] = [Date.now(), performance.now()];
    for (const [channel, { last }] of this.#channels) {
      yield [channel, last === undefined ? 0 : (wall - (steady - last)) / 1000];
    }
  }
}
