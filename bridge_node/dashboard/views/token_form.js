/** Asks for the token where the address had none, or another one. */

import { html } from 'lit-html';

import { keepToken } from '../token.js';

export function tokenForm() {
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const data = new FormData(/** @type {HTMLFormElement} */ (event.target));
    keepToken(String(data.get('token')).trim());
    location.reload();
  };
  return html`<form @submit=${submit}>
    <label>Token <input name="token" type="password" required autocomplete="off" /></label>
    <button type="submit" class="primary">Open</button>
  </form>`;
}
