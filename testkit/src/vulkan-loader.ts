// The Vulkan loader that WebGPU needs in Node on Linux. The machine's own loader knows the machine's GPU, so the loader
// from npm is used only if there is no other.
import { existsSync } from 'node:fs';
import { chromiumFolder } from './reference-data.ts';

const LOADER = 'libvulkan.so.1';
const systemFolders = ['/lib/x86_64-linux-gnu', '/usr/lib/x86_64-linux-gnu', '/usr/lib64', '/usr/lib'];

/** Lets processes started from now on find the Vulkan loader from npm, if the machine has none. */
export function provideVulkanLoader(): void {
  if (systemFolders.some((folder) => existsSync(`${folder}/${LOADER}`))) return;
  const folders = [process.env['LD_LIBRARY_PATH'], chromiumFolder].filter(Boolean);
  process.env['LD_LIBRARY_PATH'] = folders.join(':');
}
