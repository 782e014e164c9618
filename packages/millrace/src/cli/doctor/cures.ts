/** What can go wrong on the way. */
export type Trouble =
  | 'refused' | 'broken_off' | 'buffering' | 'coalescing' | 'idle_cut' | 'compression' | 'cached' | 'not_resumed' | 'clean_end'
  | 'request_header' | 'response_header' | 'host' | 'http_1_0' | 'http_1_1' | 'websocket'

/** Where a setting stands. */
export type Place =
  | 'nginx' | 'haproxy' | 'caddy' | 'apache' | 'traefik' | 'envoy' | 'varnish'
  | 'cloudflare' | 'cloudfront' | 'fastly' | 'aws-alb' | 'google-lb' | 'azure-gateway' | 'millrace'

/** One that is to be taken away begins with `without`. */
export interface Cure {
  readonly at: Place
  readonly setting: string
}

type Settings = Readonly<Partial<Record<Place, string>>>

/** Which of them a test has followed, docs/doctor.md says; the others are their makers' words. HEADER is the header's name. */
const SETTINGS: Readonly<Partial<Record<Trouble, Settings>>> = {
  buffering: {
    nginx: 'proxy_buffering off;', haproxy: 'option http-no-delay', caddy: 'without buffer_responses', apache: 'ProxyPass … flushpackets=on',
    traefik: 'without the buffering middleware', varnish: 'set beresp.do_stream = true;', cloudflare: 'Response Buffering: off',
    fastly: 'set beresp.do_stream = true;', 'azure-gateway': 'enableResponseBuffering: false',
  },
  coalescing: {
    nginx: 'proxy_buffering off;', haproxy: 'option http-no-delay', caddy: 'flush_interval -1', apache: 'ProxyPass … flushpackets=on',
    traefik: 'responseForwarding.flushInterval: 1ms',
  },
  idle_cut: {
    nginx: 'proxy_read_timeout 1h;', haproxy: 'timeout server 1h', caddy: 'without read_timeout', apache: 'ProxyTimeout 3600',
    envoy: 'stream_idle_timeout: 0s, and timeout: 0s of the route', varnish: '.between_bytes_timeout = 3600s;',
    cloudfront: 'Origin response timeout: 60 s', 'aws-alb': 'idle_timeout.timeout_seconds = 3600', 'google-lb': 'timeoutSec: 3600',
    fastly: '.between_bytes_timeout = 60s;',
  },
  compression: {
    nginx: 'gzip off;', haproxy: 'without compression algo', caddy: 'without encode', apache: 'SetEnv no-gzip 1', traefik: 'without the compress middleware',
    cloudfront: 'Compress objects automatically: No', fastly: 'unset beresp.gzip;',
  },
  cached: {
    nginx: 'proxy_cache off;', caddy: 'without cache', varnish: 'return (pass);', cloudflare: 'Cache rule: Bypass cache', cloudfront: 'Cache policy: CachingDisabled',
    fastly: 'return (pass);', haproxy: 'without http-request cache-use',
  },
  request_header: {
    nginx: 'proxy_set_header HEADER $http_VARIABLE;', haproxy: 'without http-request del-header HEADER', caddy: 'without header_up -HEADER',
    apache: 'without RequestHeader unset HEADER', cloudfront: 'Origin request policy: AllViewer',
  },
  response_header: {
    nginx: 'proxy_pass_header HEADER;', haproxy: 'without http-response del-header HEADER', caddy: 'without header_down -HEADER',
    apache: 'without Header unset HEADER', cloudfront: 'without a response headers policy that removes HEADER',
  },
  host: { nginx: 'proxy_set_header Host $http_host;', haproxy: 'without http-request set-header Host', caddy: 'without header_up Host', apache: 'ProxyPreserveHost On' },
  http_1_0: { nginx: 'proxy_http_version 1.1;', apache: 'without SetEnv proxy-initial-not-pooled, and without force-proxy-request-1.0' },
  http_1_1: { nginx: 'listen 443 ssl http2;', haproxy: 'bind … ssl alpn h2,http/1.1', apache: 'Protocols h2 http/1.1', 'aws-alb': 'routing.http2.enabled = true' },
  websocket: {
    nginx: 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $http_connection;',
    haproxy: 'without http-request del-header Upgrade', caddy: 'without header_up -Upgrade', apache: 'ProxyPass … upgrade=websocket',
    cloudflare: 'Network, WebSockets: On', envoy: 'upgrade_configs: [{ upgrade_type: websocket }]',
  },
}

/** Every setting that is known to cure it; where it is known who stands between, theirs alone. */
export function curesOf(what: Trouble, header: string = '', present: readonly Place[] = []): Cure[] {
  const cures = Object.entries(SETTINGS[what] ?? {}).map(([at, setting]) => ({ at: at as Place, setting: named(setting, header) }))
  const theirs = cures.filter(({ at }) => present.includes(at))
  return theirs.length > 0 ? theirs : cures
}

function named(setting: string, header: string): string {
  return setting.replace('HEADER', header).replace('VARIABLE', header.toLowerCase().replaceAll('-', '_'))
}

const SIGNS: readonly (readonly [Place, RegExp])[] = [
  ['nginx', /^server: (nginx|openresty)/m], ['caddy', /^server: caddy|^via: .*\bcaddy/m], ['apache', /^server: apache/m],
  ['envoy', /^server: (istio-)?envoy|^x-envoy-/m], ['varnish', /^via: .*\bvarnish|^x-varnish:/m], ['cloudflare', /^server: cloudflare|^cf-ray:/m],
  ['cloudfront', /^via: .*\bcloudfront|^x-amz-cf-id:/m], ['fastly', /^x-served-by: cache-/m], ['google-lb', /^via: .*\bgoogle/m],
  ['aws-alb', /^server: awselb/m], ['azure-gateway', /^server: microsoft-azure-application-gateway/m],
]

/** Who says by headers of an answer that it stands between. Not everybody does. */
export function placesIn(headers: Readonly<Record<string, string>>): Place[] {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`.toLowerCase()).join('\n')
  return SIGNS.filter(([, sign]) => sign.test(lines)).map(([place]) => place)
}
