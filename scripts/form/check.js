// Drives the form in a browser as a person would, and saves a screenshot of it for the docs.
import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium } from "playwright-core";

const quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
const offline = ["--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await chromium.launchPersistentContext(mkdtempSync(join(tmpdir(), "form-")), {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [...quiet, ...offline],
  viewport: { width: 820, height: 900 },
});
const page = browser.pages()[0] ?? (await browser.newPage());
const failures = [];
page.on("pageerror", (error) => failures.push(error));
await page.goto(`file://${resolve("build/page.html")}`);
await page.screenshot({ path: "../../docs/form.png", fullPage: true });

const field = (name) => page.locator(`#root_${name}`);
const submit = () => page.getByRole("button", { name: "Test and save" }).click();
const errorsOf = (name) => page.locator(`#root_${name}__error`).innerText();
const saved = () => page.locator("#saved").innerText();

assert.equal(await field("base_url").count(), 0, "the hidden field is shown");
assert.equal(await field("api_key").getAttribute("type"), "password");
assert.equal(await field("password").getAttribute("type"), "password");
const titles = await page.locator("label.control-label").allInnerTexts();
assert.match(titles[0], /^API key/);

await submit();
assert.match(await errorsOf("api_key"), /required/);
assert.equal(await saved(), "");

await field("api_key").fill("two words");
await field("username").fill("reports@acme.example");
await field("password").fill("any päss & = wörd");
await field("time_zone").fill("America/New_York");
await field("start_date").fill("31/01/2025");
await submit();
assert.match(await errorsOf("start_date"), /YYYY-MM-DD/, "a bad date is refused in the pattern's own words");
assert.match(await errorsOf("api_key"), /the Key as Admin Console shows it/);

await field("api_key").fill("q7Yw2mR9kT4bV6xN1cZ8");
await field("start_date").fill("2025-01-31");
await page.locator(".array-item-remove").click();
await submit();
assert.match(await errorsOf("pbx_ids"), /fewer than 1 item/, "an empty list is refused");
assert.equal(await saved(), "");

await page.locator(".btn-add").click();
await page.locator("#root_pbx_ids_0").fill("one,two");
await submit();
assert.match(await errorsOf("pbx_ids_0"), /one name per entry, without commas/);

await page.locator("#root_pbx_ids_0").fill("acmecorp");
await submit();
assert.deepEqual(JSON.parse(await saved()), {
  api_key: "q7Yw2mR9kT4bV6xN1cZ8",
  username: "reports@acme.example",
  password: "any päss & = wörd",
  time_zone: "America/New_York",
  pbx_ids: ["acmecorp"],
  start_date: "2025-01-31",
  summary_window: "day",
  lookback_days: 2,
  only_finished_windows: false,
  personal_data: "keep",
  num_workers: 4,
});
assert.deepEqual(failures, []);
await browser.close();
console.log("the form: order, secrets, hidden field, bad date, empty list, and what is saved: as they should be");
