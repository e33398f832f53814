import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../dashboard/', import.meta.url));
/** What is served of other packages, by path: each is one file that imports nothing. */
const VENDOR = {
  '/vendor/lit-html.js': beside('lit-html', '../lit-html.js'),
  '/vendor/lightweight-charts.js': beside('lightweight-charts', 'lightweight-charts.standalone.production.mjs'),
};
/** Files of the bridge that the page imports as `#shared/…`, and what these import. */
const SHARED = [
  ...['messages/field_names.js', 'messages/names.js', 'messages/time.js', 'support/errors.js'],
  ...['support/topic_filter.js', 'support/topic_level.js'],
];
const SOURCE = fileURLToPath(new URL('../', import.meta.url));

const TYPES = /** @type {Record<string, string>} */ ({
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
});

/** @typedef {{type: string, body: Buffer, headers: Record<string, string>}} Asset */

/**
 * Read the page and all that it needs, once.
 * @returns {Map<string, Asset>} by path, such as "/main.js"; the page itself is "/"
 */
export function readAssets() {
  const html = readFileSync(join(FOLDER, 'index.html'));
  const headers = securityHeaders(html.toString());
  /** @type {Map<string, Asset>} */
  const assets = new Map();
  /** @param {string} path @param {string} file */
  const add = (path, file) => {
    assets.set(path, { type: TYPES[extname(file)], body: readFileSync(file), headers });
  };
  for (const entry of readdirSync(FOLDER, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile() && TYPES[extname(file)]) add(`/${relative(FOLDER, file)}`, file);
  }
  for (const [path, file] of Object.entries(VENDOR)) add(path, file);
  for (const path of SHARED) add(`/shared/${path}`, join(SOURCE, path));
  add('/', join(FOLDER, 'index.html'));
  return assets;
}

/**
 * Nothing comes from elsewhere, nothing goes elsewhere, and no text becomes code. The import map is the one script that
 * stands in the page.
 * @param {string} html
 * @returns {Record<string, string>}
 */
function securityHeaders(html) {
  const [, map] = /<script type="importmap">([\s\S]*?)<\/script>/.exec(html) ?? ['', ''];
  const hash = createHash('sha256').update(map).digest('base64');
  const policy = [
    "default-src 'none'",
    `script-src 'self' 'sha256-${hash}'`,
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    'content-security-policy': policy.join('; '),
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-cache',
  };
}

/**
 * @param {string} name  of a package
 * @param {string} file  in the folder of its main file
 */
function beside(name, file) {
  return join(dirname(fileURLToPath(import.meta.resolve(name))), file);
}
