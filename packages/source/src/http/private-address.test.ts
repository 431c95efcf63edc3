import { expect, it } from 'vitest';
import { isPrivateHost } from './private-address.ts';

const hostsIn = (text: string) => text.trim().split(/\s+/);
const hostOf = (host: string) => new URL(`http://${host}/`).hostname;

const privateHosts = hostsIn(`
  localhost LOCALHOST localhost. a.localhost printer.local metadata.google.internal router
  127.0.0.1 127.1 2130706433 0x7f.1 0177.0.0.1 0.0.0.0 10.1.2.3 100.64.0.1 169.254.169.254 172.16.0.1 172.31.255.255
  192.168.1.1 198.19.0.1 224.0.0.1 255.255.255.255
  [::] [::1] [::ffff:127.0.0.1] [::ffff:a00:1] [::7f00:1] [fe80::1] [febf::1] [fec0::1] [fc00::1] [fdff::1] [ff02::1]
  [64:ff9b::10.0.0.1] [2002:a00:1::]`);

const publicHosts = hostsIn(`
  huggingface.co localhost.example.com mylocal.com 1.1.1.1 9.255.255.255 11.0.0.0 100.63.0.1 100.128.0.1 169.253.0.1
  172.15.0.1 172.32.0.1 192.167.0.1 223.255.255.255
  [2606:4700::1111] [::ffff:1.1.1.1] [::ffff:0:0:1] [64:ff9b::1.1.1.1] [2002:101:101::]`);

it.each(privateHosts)('#65 %s is private', (host) => {
  expect(isPrivateHost(hostOf(host))).toBe(true);
});

it.each(publicHosts)('#65 %s is public', (host) => {
  expect(isPrivateHost(hostOf(host))).toBe(false);
});
