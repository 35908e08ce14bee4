import { defineConfig } from "@playwright/test";
import journeys from "./playwright.config";

// Measurements, printed as they come. They use the journeys' venue and people, in release.
export default defineConfig(journeys, {
  testDir: "bench",
  timeout: 600_000,
  reporter: [["./bench/reporter.ts"]],
});
