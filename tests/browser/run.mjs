// Octroi's story in a real Chromium: starts the demo on free ports, tells every story, stops the demo; then those about
// what is stored once more with the demo on PostgreSQL, where OCTROI_TEST_POSTGRES_URL names a server.
//
//   node --test-reporter=spec tests/browser/run.mjs [PART OF A STORY'S NAME]
//
// Each file in story/ exports sentences with the steps that prove them. Screenshots go to output/. `tests/run` calls
// this after `npm ci`; Chromium is found by OCTROI_TEST_CHROMIUM or on the PATH.
import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import { startDemo } from './demo.mjs';
import { OUTPUT, launchChromium, Stage } from './stage.mjs';

const STORIES = join(dirname(fileURLToPath(import.meta.url)), 'story');
const only = process.argv[2] ?? '';

const stories = [];
for (const file of (await readdir(STORIES)).filter((name) => name.endsWith('.mjs')).sort()) {
  const { default: sentences, onBothEngines = false } = await import(join(STORIES, file));
  const chosen = Object.entries(sentences).filter(([sentence]) => sentence.includes(only));
  stories.push(...chosen.map(([sentence, tell]) => ({ sentence, tell, onBothEngines })));
}
if (stories.length === 0) throw new Error(`no story has "${only}" in its name`);

await rm(OUTPUT, { recursive: true, force: true });
await mkdir(`${OUTPUT}/pictures`, { recursive: true });
const tellAll = async (t, told, server) => {
  const demo = await startDemo(server);
  const chromium = await launchChromium();
  try {
    for (const { sentence, tell } of told) {
      await t.test(sentence, { timeout: 180_000 }, async () => {
        const stage = new Stage(chromium, demo, sentence, { inspects: !server });
        let failure;
        try {
          await tell(stage);
        } catch (error) {
          failure = error;
        }
        await stage.close(failure);
      });
    }
  } finally {
    await chromium.close();
    await demo.stop();
  }
};

test('Octroi in a real browser', (t) => tellAll(t, stories));
const server = process.env.OCTROI_TEST_POSTGRES_URL;
const again = stories.filter(({ onBothEngines }) => onBothEngines);
if (server && again.length > 0) test('the same on PostgreSQL', (t) => tellAll(t, again, server));
