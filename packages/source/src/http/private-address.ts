// Decides which hosts belong to a private network, by the name alone. Public names are not resolved.

/** First address and prefix length of each range that is not public. RFC 6890 and the registries that RFC 6890 started. */
const privateV4: readonly (readonly [address: string, prefixBits: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
];

const privateNames = /(^|\.)(localhost|local|internal|home\.arpa)$/;

/**
 * Whether a host, as `URL.hostname` gives it (numbers in any notation are dotted there), is this machine, a private
 * network, or a name that only a private network can resolve.
 */
export function isPrivateHost(hostname: string): boolean {
  const host = hostname.replace(/\.$/, '');
  if (host.startsWith('[')) return isPrivateV6(groupsOf(host.slice(1, -1)));
  if (/^[\d.]+$/.test(host)) return isPrivateV4(numberOf(host));
  return privateNames.test(host) || !host.includes('.');
}

/**
 * Whether a host is link-local. At such an address, clouds give the keys of a machine to any program. No other purpose
 * needs a name for such an address, and no redirect may lead to such an address.
 */
export function isLinkLocalHost(hostname: string): boolean {
  const host = hostname.replace(/\.$/, '');
  if (host.startsWith('[')) {
    const groups = groupsOf(host.slice(1, -1));
    return ((groups[0] ?? 0) & 0xffc0) === 0xfe80 || embeddedV4(groups).some(isLinkLocalV4);
  }
  return /^[\d.]+$/.test(host) ? isLinkLocalV4(numberOf(host)) : /^metadata(\.google\.internal)?$/.test(host);
}

function isLinkLocalV4(address: number): boolean {
  return Math.floor(address / 65_536) === 169 * 256 + 254;
}

/** IPv4 addresses that an IPv6 address contains: mapped and old notation, NAT64, 6to4. */
function embeddedV4(groups: readonly number[]): number[] {
  const v4At = (index: number) => (groups[index] ?? 0) * 65_536 + (groups[index + 1] ?? 0);
  const leadingZeros = groups.findIndex((group) => group !== 0);
  if (leadingZeros === 6 || (leadingZeros === 5 && groups[5] === 0xffff)) return [v4At(6)];
  if (groups[0] === 0x64 && groups[1] === 0xff9b) return [v4At(6)];
  return groups[0] === 0x2002 ? [v4At(1)] : [];
}

function numberOf(dotted: string): number {
  return dotted.split('.').reduce((number, byte) => number * 256 + Number(byte), 0);
}

function isPrivateV4(address: number): boolean {
  return privateV4.some(([first, prefixBits]) => {
    const size = 2 ** (32 - prefixBits);
    return Math.floor(address / size) === Math.floor(numberOf(first) / size);
  });
}

/** The eight groups of an address in the notation of `URL`, in which one run of zeros may be `::`. */
function groupsOf(address: string): readonly number[] {
  const [head = '', tail] = address.split('::');
  const parse = (text: string) =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const [before, after] = [parse(head), parse(tail ?? '')];
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

function isPrivateV6(groups: readonly number[]): boolean {
  const [first = 0] = groups;
  // `::` and `::1`.
  if (groups.slice(0, 7).every((group) => group === 0)) return true;
  const [v4] = embeddedV4(groups);
  if (v4 !== undefined) return isPrivateV4(v4);
  // Unique local, link-local, the former site-local, multicast.
  return (first & 0xfe00) === 0xfc00 || (first & 0xff80) === 0xfe80 || first >= 0xff00;
}
