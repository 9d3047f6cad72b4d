// For everybody: logout, English, the keyboard alone, no JavaScript, strangers, and the small pages.
import assert from 'node:assert/strict';

import { PASSWORD } from '../stage.mjs';

export default {
  'the portal logs out with its ID token, and both sessions end': async (stage) => {
    const ines = await stage.visitor();
    await ines.logsInAtPortal('100001');
    await ines.at('#logout').click();
    await ines.sees('#signed-out[data-confirmed="true"]');
    await ines.looks('portal-signed-out');
    await ines.page.goto(stage.demo.portal);
    await ines.asksToLogIn();
  },

  'a mere link logs nobody out: Octroi asks first': async (stage) => {
    const ines = await stage.visitor();
    await ines.logsInAtPortal('100001');
    const link = new URLSearchParams({
      client_id: 'portal',
      post_logout_redirect_uri: `${stage.demo.portal}/signed-out`,
      state: 'unasked',
    });
    const asks = async () => {
      await ines.page.goto(`${stage.demo.office}/oauth2/logout?${link}`);
      await ines.sees('#logout-confirm');
    };
    await asks();
    await ines.looks('logout-confirm');
    await ines.at('#logout-cancel').click();
    await ines.page.goto(stage.demo.office);
    await ines.sees('#logout');

    await asks();
    await ines.at('#logout-confirm').click();
    await ines.sees('#signed-out');
    assert.ok(ines.page.url().startsWith(`${stage.demo.portal}/signed-out`), 'back to the registered address');
    await ines.page.goto(stage.demo.office);
    await ines.sees('#login-submit');
  },

  'without an application Octroi says itself that the session is closed': async (stage) => {
    const ines = await stage.visitor();
    await ines.page.goto(`${stage.demo.office}/login`);
    await ines.logsIn('100001');
    await ines.sees('#logout');
    await ines.looks('signed-in');
    await ines.at('#logout').click();
    await ines.sees('#signed-out');
    await ines.looks('signed-out-octroi');
    await ines.page.goto(stage.demo.office);
    await ines.sees('#login-submit');
  },

  'a browser that prefers English gets English': async (stage) => {
    const visitor = await stage.visitor({ locale: 'en-GB' });
    await visitor.opensPortal();
    await visitor.asksToLogIn();
    assert.equal(await visitor.at('html').getAttribute('lang'), 'en');
    assert.equal((await visitor.at('#login-submit').innerText()).trim(), 'Log in');
    await visitor.looks('login-english');
    await visitor.logsIn('100001');
    await visitor.seesPortalHome();
  },

  'the keyboard alone is enough to log in': async (stage) => {
    const ines = await stage.visitor();
    await ines.opensPortal();
    await ines.asksToLogIn();
    const focused = () => ines.page.evaluate(() => document.activeElement?.id ?? '');
    assert.equal(await focused(), 'soi', 'typing starts where it is needed');
    await ines.page.keyboard.type('100001');
    await tabTo(ines, 'password');
    await ines.page.keyboard.type(PASSWORD);
    await tabTo(ines, 'login-submit');
    await ines.page.keyboard.press('Enter');
    await ines.seesPortalHome();
  },

  'the first stop of the keyboard leads to the content': async (stage) => {
    const visitor = await stage.visitor();
    await visitor.page.goto(`${stage.demo.office}/diagnostic`);
    await visitor.page.keyboard.press('Tab');
    const skip = await visitor.page.evaluate(() => document.activeElement?.getAttribute('href'));
    assert.equal(skip, '#main');
    await visitor.page.keyboard.press('Enter');
    assert.equal(await visitor.page.evaluate(() => document.activeElement?.id), 'main');
  },

  'a browser without JavaScript logs in with a second factor, and out': async (stage) => {
    const helene = await stage.visitor({ javaScript: false });
    await helene.logsInAtPortal('100004');
    await helene.page.goto(`${stage.demo.office}/oauth2/logout`);
    await helene.at('#logout-confirm').click();
    await helene.sees('#signed-out');
    await helene.page.goto(stage.demo.office);
    await helene.sees('#login-submit');
  },

  'a stranger sees only the own address and zone': async (stage) => {
    const stranger = await stage.visitor();
    for (const [origin, zone] of [[stage.demo.office, 'internal'], [stage.demo.home, 'nomades']]) {
      await stranger.page.goto(`${origin}/diagnostic`);
      assert.equal((await stranger.at('#zone').innerText()).trim(), zone);
      assert.match((await stranger.at('#client-address').innerText()).trim(), /^[0-9a-f.:]+$/);
      assert.equal(await stranger.at('ol.steps').count(), 0, 'the address chain is not for strangers');
      await stranger.looks(`diagnostic-${zone}`);
    }
  },

  'a redirect URI that is not registered gets a page and no redirect': async (stage) => {
    const visitor = await stage.visitor();
    const request = new URLSearchParams({
      client_id: 'portal',
      response_type: 'code',
      scope: 'openid',
      redirect_uri: 'https://elsewhere.example/callback',
      state: 's',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    });
    const response = await visitor.page.goto(`${stage.demo.office}/oauth2/authorize?${request}`);
    assert.equal(response.status(), 400);
    assert.ok(visitor.page.url().startsWith(stage.demo.office));
    await visitor.looks('bad-request');
  },

  'the small pages stand beside the big ones': async (stage) => {
    const visitor = await stage.visitor();
    for (const path of ['forgot-password', 'accessibilite', 'confidentialite']) {
      const response = await visitor.page.goto(`${stage.demo.office}/${path}`);
      assert.equal(response.status(), 200, path);
      await visitor.looks(path);
    }
    const missing = await visitor.page.goto(`${stage.demo.office}/no-such-page`);
    assert.equal(missing.status(), 404);
    await visitor.looks('not-found');
  },
};

/** Presses Tab until the element with this id has the focus; a form is short. */
async function tabTo(visitor, id) {
  for (let presses = 0; presses < 6; presses += 1) {
    await visitor.page.keyboard.press('Tab');
    if ((await visitor.page.evaluate(() => document.activeElement?.id)) === id) return;
  }
  assert.fail(`#${id} is not reached with Tab`);
}
