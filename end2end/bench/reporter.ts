// Prints what the measurements say and nothing else.
import type { FullResult, Reporter, TestCase, TestResult } from "@playwright/test/reporter";

export default class BenchReporter implements Reporter {
  onStdOut(chunk: string | Buffer): void {
    process.stdout.write(chunk);
  }

  onTestEnd(test: TestCase, result: TestResult): void {
    for (const error of result.errors) process.stderr.write(`${test.title}: ${error.message}\n`);
  }

  onEnd(_result: FullResult): void {}
}
