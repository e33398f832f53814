export const DEFAULTS = Object.freeze({
  heartbeat: 5000, // ms between two beats of one call; client and server must use the same
});

/**
 * @param {number} heartbeat
 * @throws {TypeError} if it is no period in ms
 */
export function checkPeriod(heartbeat) {
  if (!(Number.isFinite(heartbeat) && heartbeat > 0)) {
    throw new TypeError(
      `heartbeat is ${heartbeat}; it has to be a number of milliseconds above 0, such as ${DEFAULTS.heartbeat}`,
    );
  }
}
