/** First levels of the topics that a viewer sees nothing of: what others order, and ask. */
const HIDDEN = new Set(['commands', 'queries', 'executions']);

/**
 * Whether a viewer sees a message; an operator sees all that is below the prefix.
 * @param {string} topic  without the prefix
 * @param {string} client  the viewer's level in the topics of replies
 */
export function isShown(topic, client) {
  const [first, , asker] = topic.split('/', 3);
  if (first === 'replies') return asker === undefined || asker === client;
  return !HIDDEN.has(first);
}
