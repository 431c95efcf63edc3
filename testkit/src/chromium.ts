// The Chromium in which tests and benchmarks open pages.
import { existsSync } from 'node:fs';
import { chromiumFolder } from './reference-data.ts';

/** Where Debian's package installs Chromium. */
const DEBIAN = '/usr/bin/chromium';

/** How Playwright launches a Chromium. */
export interface ChromiumLaunch {
  readonly executablePath: string;
  readonly args: string[];
  readonly env: Record<string, string>;
}

/**
 * The Chromium that the variable CHROMIUM names, else Debian's, else the headless shell from npm, which has no WebGPU.
 *
 * @throws Error if there is none
 */
export function chromiumLaunch(): ChromiumLaunch {
  const given = process.env['CHROMIUM'] ?? (existsSync(DEBIAN) ? DEBIAN : undefined);
  const executablePath = given ?? `${chromiumFolder}chromium`;
  if (!existsSync(executablePath))
    throw new Error(`No Chromium at ${executablePath}. The variable CHROMIUM names another place.`);
  const env = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  if (given === undefined) env['LD_LIBRARY_PATH'] = `${chromiumFolder}lib:${chromiumFolder}`;
  const args = [
    '--no-sandbox',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-quic',
  ];
  return { executablePath, args, env };
}
