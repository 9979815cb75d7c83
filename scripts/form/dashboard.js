// Opens the report in a browser as a person would: every chart drawn, nothing asked of a network, pictures for the docs.
import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium } from "playwright-core";

const quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
const offline = ["--disable-background-networking", "--disable-component-update", "--disable-sync"];
const views = [
  { name: "report", colorScheme: "light", viewport: { width: 1120, height: 900 } },
  { name: "report-dark", colorScheme: "dark", viewport: { width: 1120, height: 900 } },
  { name: "report-phone", colorScheme: "light", viewport: { width: 390, height: 844 } },
];
for (const { name, ...view } of views) {
  const browser = await chromium.launchPersistentContext(mkdtempSync(join(tmpdir(), "report-")), {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [...quiet, ...offline],
    ...view,
  });
  const page = browser.pages()[0] ?? (await browser.newPage());
  const failures = [];
  const requests = [];
  page.on("pageerror", (error) => failures.push(String(error)));
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && failures.push(message.text()));
  page.on("request", (request) => request.url().startsWith("data:") || requests.push(request.url()));
  await page.goto(`file://${resolve("../../demo/report.html")}`);
  await page.waitForFunction(() => document.documentElement.dataset.drawn);

  const charts = await page.locator(".chart").count();
  assert.ok(charts >= 4, `only ${charts} charts`);
  for (const chart of await page.locator(".chart").all()) {
    const drawn = await chart.locator("svg path[aria-roledescription], svg .mark-rect path").count();
    assert.ok(drawn > 0, `nothing drawn in ${await chart.getAttribute("id")}`);
  }
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `the page is ${wide} pixels wider than the window`);
  await page.locator("#days svg .mark-rect path").nth(3).hover();
  await page.waitForSelector("#vg-tooltip-element.visible");
  assert.match(await page.locator("#vg-tooltip-element").innerText(), /calls/);
  await page.mouse.move(0, 0);
  await page.screenshot({ path: `../../docs/${name}.png`, fullPage: true });
  assert.deepEqual(failures, []);
  assert.equal(requests.length, 1, `asked for ${requests}`);
  await browser.close();
  console.log(`${name}: ${charts} charts drawn, nothing asked of a network`);
}
