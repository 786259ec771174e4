// A web page in this machine's browser reaches loopback too, whatever site it came from. Its `Origin` header tells the
// site; programs send none.

const OWN_HOSTS = ['localhost', '127.0.0.1', '[::1]']

/**
 * Whether a connection with this `Origin` header may be served.
 *
 * @param allowed further origins, as `https://host:port`, or `*` for all
 */
export function originAllowed(origin: string | undefined, allowed: readonly string[]): boolean {
    if (origin === undefined || allowed.includes('*') || allowed.includes(origin)) return true
    return URL.canParse(origin) && /^https?:$/.test(new URL(origin).protocol) && ownHost(origin)
}

function ownHost(origin: string): boolean {
    return OWN_HOSTS.includes(new URL(origin).hostname)
}
