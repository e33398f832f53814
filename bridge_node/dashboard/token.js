/** The token: of the address, of this tab, or of another tab of the same bridge. */

const KEY = 'tickwire-token';
/** ms in which another tab has to answer. */
const PATIENCE = 300;

/**
 * Keep the token of the address, which is removed from there: whoever looks over a shoulder, or at the history, sees none.
 * @returns {boolean} whether there was one
 */
export function takeToken() {
  const given = /(?:^#|&)token=([^&]*)/.exec(location.hash)?.[1];
  if (given) {
    keepToken(decodeURIComponent(given));
    history.replaceState(null, '', `${location.pathname}#/`);
  }
  return given !== undefined;
}

/** Use another token, after a reload. @param {string} token */
export function keepToken(token) {
  sessionStorage.setItem(KEY, token);
}

/**
 * The token of this tab; of another one, if this is a link that was opened in a new tab. Only pages of this server hear
 * the question.
 * @returns {Promise<string>} empty if there is none
 */
export function knownToken() {
  const own = sessionStorage.getItem(KEY);
  if (own) return Promise.resolve(own);
  const channel = new BroadcastChannel(KEY);
  return new Promise((resolve) => {
    const end = (/** @type {string} */ token) => {
      channel.close();
      if (token) sessionStorage.setItem(KEY, token);
      resolve(token);
    };
    const patience = setTimeout(() => end(''), PATIENCE);
    channel.onmessage = ({ data }) => {
      if (typeof data?.token !== 'string') return;
      clearTimeout(patience);
      end(data.token);
    };
    channel.postMessage({ isWanted: true });
  });
}

/** Answer other tabs, from now on. @param {() => boolean} isGood  whether the bridge has accepted the token */
export function shareToken(isGood) {
  const channel = new BroadcastChannel(KEY);
  channel.onmessage = ({ data }) => {
    if (data?.isWanted && isGood()) channel.postMessage({ token: sessionStorage.getItem(KEY) });
  };
}
