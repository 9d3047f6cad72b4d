// Octroi's story in a real Chromium: starts the demo on free ports, tells every story, stops the demo.
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
  const { default: sentences } = await import(join(STORIES, file));
  stories.push(...Object.entries(sentences).filter(([sentence]) => sentence.includes(only)));
}
if (stories.length === 0) throw new Error(`no story has "${only}" in its name`);

test('Octroi in a real browser', async (t) => {
  await rm(OUTPUT, { recursive: true, force: true });
  await mkdir(OUTPUT, { recursive: true });
  const demo = await startDemo();
  const chromium = await launchChromium();
  try {
    for (const [sentence, tell] of stories) {
      await t.test(sentence, { timeout: 120_000 }, async () => {
        const stage = new Stage(chromium, demo, sentence);
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
});
