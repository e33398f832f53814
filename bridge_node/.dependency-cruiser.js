/**
 * Which part of the bridge may import which: cli, config, bridge and dashboard at the top, then discovery, then route, relay, http and access,
 * then backend, messages and mqtt, which do not know one another's business, support at the bottom.
 * @type {import('dependency-cruiser').IConfiguration}
 */
export default {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'zerorpc-stands-alone',
      comment: 'it is a library of its own, which knows nothing of the bridge',
      severity: 'error',
      from: { path: '^zerorpc/' },
      to: { path: '^(src|bin|test)/' },
    },
    {
      name: 'zerorpc-sides-meet-on-the-wire',
      comment: 'a client needs no server, and a server no client',
      severity: 'error',
      from: { path: '^zerorpc/(client|server|wire|curve)/' },
      to: { path: '^zerorpc/(client|server)/', pathNot: '^zerorpc/$1/' },
    },
    {
      name: 'mqtt-knows-no-quotes',
      comment: 'it transports messages, whatever is in them',
      severity: 'error',
      from: { path: '^src/mqtt/' },
      to: { path: '^src/(?!mqtt/|support/)|^zerorpc/' },
    },
    {
      name: 'messages-know-no-transport',
      comment: 'bytes in, quotes out; how an address is written is said once',
      severity: 'error',
      from: { path: '^src/messages/' },
      to: { path: '^src/(?!messages/|support/)|^zerorpc/(?!address\\.js$)' },
    },
    {
      name: 'backend-knows-no-mqtt',
      comment: 'another messaging technology changes no backend',
      severity: 'error',
      from: { path: '^src/backend/' },
      to: { path: '^src/(?!backend/|messages/|support/)|^node_modules/mqtt/' },
    },
    {
      name: 'http-shows-what-it-is-given',
      severity: 'error',
      from: { path: '^src/http/' },
      to: { path: '^src/(?!http/|support/)|^zerorpc/' },
    },
    {
      name: 'metrics-are-told',
      comment: 'whoever counts calls them; they call nobody',
      severity: 'error',
      from: { path: '^src/metrics/' },
      to: { path: '^src/(?!metrics/|messages/|support/)|^zerorpc/' },
    },
    {
      name: 'relay-knows-no-quotes',
      comment: 'it passes messages on, whatever is in them',
      severity: 'error',
      from: { path: '^src/relay/' },
      to: { path: '^src/(?!relay/|mqtt/|support/)|^zerorpc/' },
    },
    {
      name: 'dashboard-runs-in-a-browser',
      comment: 'what it shares with the bridge is served by src/http/assets.js',
      severity: 'error',
      from: { path: '^dashboard/' },
      to: {
        path: '^(src|bin|zerorpc|test)/',
        pathNot: '^src/(messages/(field_names|names|time)|support/errors|support/topic_(filter|level))\\.js$',
      },
    },
    {
      name: 'dashboard-needs-no-other-package',
      comment: 'each one is served as one file: src/http/assets.js',
      severity: 'error',
      from: { path: '^dashboard/' },
      to: { path: '^node_modules/(?!lit-html/|lightweight-charts/)' },
    },
    {
      name: 'access-knows-no-quotes',
      comment: 'it administers the broker; of the backend it shares what channels and names may be',
      severity: 'error',
      from: { path: '^src/access/' },
      to: { path: '^src/(?!access/|mqtt/|support/|backend/(channels|name)\\.js$)|^zerorpc/' },
    },
    {
      name: 'routes-are-composed-by-the-bridge',
      severity: 'error',
      from: { path: '^src/route/' },
      to: { path: '^src/([^/]+\\.js|http/|discovery/)' },
    },
    {
      name: 'discovery-begins-routes',
      severity: 'error',
      from: { path: '^src/discovery/' },
      to: { path: '^src/([^/]+\\.js|http/)' },
    },
    {
      name: 'support-is-at-the-bottom',
      severity: 'error',
      from: { path: '^src/support/' },
      to: { path: '^src/(?!support/)|^zerorpc/' },
    },
    {
      name: 'code-needs-no-dev-dependency',
      comment: 'the package is installed without them',
      severity: 'error',
      from: { path: '^(src|bin|zerorpc)/', pathNot: '^zerorpc/test/' },
      to: { path: '^node_modules/', dependencyTypesNot: ['npm'] },
    },
    {
      name: 'code-needs-no-test',
      severity: 'error',
      from: { path: '^(src|bin|zerorpc)/', pathNot: '^zerorpc/test/' },
      to: { path: '(^|/)test/' },
    },
    { name: 'it-can-be-found', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
