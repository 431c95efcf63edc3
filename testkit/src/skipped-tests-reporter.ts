// Vitest reporter: the last lines of a run name every skipped test, and the reasons that the tests printed.
import type { Reporter } from 'vitest/node';
import { SKIPPED } from './lacks.ts';

/** Lists skipped tests; prints nothing if all tests ran. */
export default function skippedTestsReporter(): Reporter {
  const reasons = new Set<string>();
  return {
    onUserConsoleLog({ content }) {
      for (const line of content.split('\n'))
        if (line.startsWith(SKIPPED)) reasons.add(line.slice(SKIPPED.length));
    },
    onTestRunEnd(modules) {
      const skipped = modules.flatMap((module) =>
        [...module.children.allTests('skipped')].map(
          (test) => `  ${module.relativeModuleId} > ${test.fullName}`,
        ),
      );
      if (skipped.length === 0) return;
      console.log(`\n${skipped.length} tests were skipped:\n${skipped.join('\n')}`);
      console.log(`Reasons that the tests give: ${[...reasons].join(' ') || 'none'}\n`);
    },
  };
}
