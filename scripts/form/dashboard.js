// Opens the demo's dashboard in Chromium as a person would: in three sizes and both color schemes, with the keyboard, and
// with a check of names and contrasts for screen readers. Takes the screenshots for the docs.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium } from "playwright-core";

const quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
const offline = ["--disable-background-networking", "--disable-component-update", "--disable-sync"];
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf-8");
const file = `file://${resolve("../../demo/dashboard.html")}`;
const sizes = {
  wide: { viewport: { width: 1180, height: 900 }, timezoneId: "America/Los_Angeles" },
  tablet: { viewport: { width: 800, height: 1100 }, timezoneId: "Pacific/Auckland" },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, timezoneId: "Europe/London" },
};
const pictures = { "wide light": "dashboard", "wide dark": "dashboard-dark", "phone light": "dashboard-phone" };

for (const [size, options] of Object.entries(sizes)) {
  for (const colorScheme of ["light", "dark"]) {
    const name = `${size} ${colorScheme}`;
    const browser = await chromium.launchPersistentContext(mkdtempSync(join(tmpdir(), "dashboard-")), {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [...quiet, ...offline],
      colorScheme,
      ...options,
    });
    const page = browser.pages()[0] ?? (await browser.newPage());
    const failures = [];
    const requests = [];
    page.on("pageerror", (error) => failures.push(String(error)));
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && failures.push(message.text()));
    page.on("request", (request) => /^(data|blob):/.test(request.url()) || requests.push(request.url()));
    await page.goto(file);
    await page.waitForFunction(() => document.documentElement.dataset.drawn);
    assert.equal(await page.evaluate(() => document.documentElement.dataset.drawn), colorScheme);
    const charts = await drawnCharts(page);
    await fits(page, name);
    if (pictures[name]) await picture(page, `../../docs/${pictures[name]}.png`, options.viewport.width);
    await accessible(page, name);
    await tooltips(page);
    await filters(page);
    await tables(page);
    await fits(page, name);
    assert.deepEqual(failures, [], name);
    assert.equal(requests.length, 1, `${name}: requested ${requests}`);
    await browser.close();
    console.log(`${name}: ${charts} charts drawn, filters and tables by keyboard, no request to a network`);
  }
}

// The upper part: the whole page would be too long for a document.
async function picture(page, path, width) {
  const height = width < 500 ? 2400 : 1840;
  await page.screenshot({ path, fullPage: true, clip: { x: 0, y: 0, width, height } });
}

async function drawnCharts(page) {
  const charts = await page.locator(".chart").all();
  assert.ok(charts.length >= 8, `only ${charts.length} charts`);
  for (const chart of charts) {
    const id = await chart.getAttribute("id");
    assert.ok((await chart.locator("svg [aria-roledescription]").count()) > 0, `nothing drawn in ${id}`);
    const label = await chart.locator("svg[aria-label], svg [aria-label]").first().getAttribute("aria-label");
    assert.ok(label?.length > 10, `${id} has no name for screen readers`);
  }
  return charts.length;
}

async function fits(page, name) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `${name}: the page is ${wide} pixels wider than the window`);
}

// Rules of WCAG 2 A and AA. The charts are left out: their marks have names, and the tables have their numbers.
async function accessible(page, name) {
  const { violations } = await page.evaluate(async (source) => {
    for (const each of document.querySelectorAll("details")) each.open = true;
    // The page's policy allows no other script; the browser's own console may still run one.
    (0, eval)(source);
    return globalThis.axe.run({ exclude: [".chart"] }, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] });
  }, axe);
  assert.deepEqual(violations.map((each) => `${each.id}: ${each.nodes[0].html}`), [], name);
}

async function tooltips(page) {
  const mark = page.locator("#received svg .mark-rect path").nth(8);
  await mark.scrollIntoViewIfNeeded();
  await mark.hover();
  await page.waitForSelector("#vg-tooltip-element.visible");
  assert.match(await page.locator("#vg-tooltip-element").innerText(), /calls/);
  await page.mouse.move(0, 0);
}

async function filters(page) {
  const received = () => page.locator("#tiles li b").first().innerText();
  const all = await received();
  const names = await page.getByLabel("PBX", { exact: true }).locator("option").allInnerTexts();
  await page.getByLabel("PBX", { exact: true }).focus();
  await page.keyboard.press("ArrowDown");
  const numbers = [];
  for (const name of names.slice(1)) {
    await page.getByLabel("PBX", { exact: true }).selectOption(name);
    assert.ok((await page.getByRole("status").innerText()).startsWith(`Showing ${name}`));
    numbers.push(Number((await received()).replace(",", "")));
  }
  assert.equal(numbers.reduce((sum, number) => sum + number, 0), Number(all.replace(",", "")));
  await page.getByLabel("Department").selectOption({ index: 1 });
  assert.ok(Number((await received()).replace(",", "")) < numbers.at(-1));
  assert.match(page.url(), /#pbx=.+&department=.+/);
  assert.ok(await page.locator("[data-note=department]").first().isVisible());
  await page.getByRole("button", { name: "Clear filters" }).press("Enter");
  assert.equal(await received(), all);
}

async function tables(page) {
  const table = page.getByRole("table", { name: "Extensions", exact: true });
  const firsts = () => table.locator("tbody tr:not(.rest) [data-title='Received']").allInnerTexts();
  const button = table.getByRole("button", { name: "Received" });
  const most = (await firsts()).map(Number);
  assert.deepEqual(most, most.toSorted((a, b) => b - a));
  await button.press("Enter");
  assert.equal(await table.locator("[aria-sort=ascending]").count(), 1);
  const fewest = (await firsts()).map(Number);
  assert.deepEqual(fewest, fewest.toSorted((a, b) => a - b));
  assert.match(await table.locator("tr.rest th").innerText(), /\d+ other extensions/);
  await page.locator("[data-more=extensions]").press("Enter");
  assert.equal(await table.locator("tr.rest").count(), 0);
  const rows = await table.locator("tbody tr").count();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save as CSV: Extensions", exact: true }).press("Enter");
  const saved = readFileSync(await (await download).path(), "utf-8");
  assert.ok(saved.startsWith("\ufeffExtension,Name,Department,PBX,Received,"));
  assert.equal(saved.trimEnd().split("\r\n").length, rows + 1);
}
