// How a page is judged: axe with the tags of STANDARDS A11Y-14 at several widths, light and dark, no sideways scrolling;
// and screenshots of the desktop and the phone, to be looked at.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'RGAAv4', 'best-practice'];

/** A11Y-14 asks for 320, 768 and 1280; 390 is a phone of today. */
const VIEWS = [
  { width: 1280, height: 900, colorScheme: 'light', screenshot: true },
  { width: 1280, height: 900, colorScheme: 'dark', screenshot: true },
  { width: 390, height: 844, colorScheme: 'light', screenshot: true },
  { width: 320, height: 568, colorScheme: 'light' },
  { width: 768, height: 1024, colorScheme: 'light' },
];

/** Fails on any violation; leaves the page in the first view. */
export async function inspect(page, name, output) {
  const violations = [];
  await page.evaluate(axe);
  for (const { width, height, colorScheme, screenshot } of VIEWS) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme });
    const view = `${name} at ${width} ${colorScheme}`;
    // Without the preload, which fetches style sheets again and which the page's own policy rightly forbids.
    const found = await page.evaluate((tags) => globalThis.axe.run({ runOnly: tags, preload: false }), TAGS);
    for (const { id, help, nodes } of found.violations) {
      violations.push(`${view}: ${id} (${help}): ${nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`);
    }
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (overflow > 0) violations.push(`${view}: ${overflow} px have to be scrolled sideways (WCAG 1.4.10)`);
    if (screenshot) {
      const file = `${name}-${width}${colorScheme === 'dark' ? '-dark' : ''}.png`;
      await page.screenshot({ path: join(output, file), fullPage: true });
    }
  }
  const [first] = VIEWS;
  await page.setViewportSize({ width: first.width, height: first.height });
  await page.emulateMedia({ colorScheme: first.colorScheme });
  assert.deepEqual(violations, []);
}
