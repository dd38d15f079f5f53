import { BlockList, isIP } from 'node:net';

/**
 * Whether what is sent to an address can be read on the way. By its looks: a name without a dot, or of a network of its
 * own, is not public.
 */
export function isPlainAndPublic(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  if (protocol !== 'http:') return false;
  const host = hostname.replace(/^\[|\]$/g, '');
  const family = isIP(host);
  if (family !== 0) return !privateAddresses.check(host, family === 6 ? 'ipv6' : 'ipv4');
  return host.includes('.') && !/\.(?:internal|local|localhost|lan|home\.arpa)$/i.test(host);
}

/** RFC 6890: loopback, private, link-local, carrier-grade NAT. */
const privateAddresses = new BlockList();
for (const [net, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10],
] as const)
  privateAddresses.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of [
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  privateAddresses.addSubnet(net, prefix, 'ipv6');
