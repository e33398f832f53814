import { MessageError } from '../support/errors.js';
import { LIMITS } from './limits.js';

/**
 * @param {string} topic
 * @throws {MessageError} topic_too_long
 */
export function checkTopic(topic) {
  if (topic.length <= LIMITS.channel) return;
  const sentence = `the topic is too long: ${topic.length} characters, at most ${LIMITS.channel}`;
  throw new MessageError('topic_too_long', sentence);
}
