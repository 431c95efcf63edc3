// The Vulkan loader that WebGPU needs in Node on Linux. A loader of the machine's own knows the machine's GPU, so that the
// loader from npm only stands in for it.
import { existsSync } from 'node:fs';
import { chromiumFolder } from './reference-data.ts';

const LOADER = 'libvulkan.so.1';
const systemFolders = ['/lib/x86_64-linux-gnu', '/usr/lib/x86_64-linux-gnu', '/usr/lib64', '/usr/lib'];

/** Lets processes that start from now on find the Vulkan loader from npm, where the machine has none. */
export function provideVulkanLoader(): void {
  if (systemFolders.some((folder) => existsSync(`${folder}/${LOADER}`))) return;
  const folders = [process.env['LD_LIBRARY_PATH'], chromiumFolder].filter(Boolean);
  process.env['LD_LIBRARY_PATH'] = folders.join(':');
}
