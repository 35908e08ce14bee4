import type { Page } from "@playwright/test";

/**
 * What Firefox says of a file that its service worker was about to give when the page was left, and of what
 * was read of it so far. Of a worker that fails it says something else, and a file that is missing shows in
 * the page.
 */
const LEFT = [
  /-[0-9a-f]{12,}\.(bin|css|js|txt|wasm)’\. A ServiceWorker intercepted the request and encountered an unexpected error/,
  /Failed to read data from the ReadableStream: “TypeError: Error in input stream”/,
];

/** What a browser complained about, on any page of these people. */
export class Complaints {
  readonly lines: string[] = [];
  /** What is expected to be logged by the browser itself in a journey about something going wrong. */
  readonly expected: RegExp[] = [];

  watch(page: Page, who: string): void {
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) {
        this.add(`${who}: ${message.type()}: ${message.text()} (${message.location().url})`);
      }
    });
    page.on("pageerror", (error) => this.add(`${who}: ${error.stack ?? error.message}`));
  }

  private add(line: string): void {
    if (![...LEFT, ...this.expected].some((pattern) => pattern.test(line))) this.lines.push(line);
  }
}
