import { isIPv4 } from 'node:net';

import ipaddr from 'ipaddr.js';

/** Who has one IPv6 address has all of its /64 (RFC 6177), and can send each request from another. */
const prefixLength = 64;

/** What clients are counted by: an IPv4 address, or the /64 of an IPv6 address. */
export function networkOf(address: string): string {
  if (isIPv4(address) || !ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address); // an IPv4 address may be written as one of IPv6
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toNormalizedString()}/${prefixLength}`)}/${prefixLength}`;
}
