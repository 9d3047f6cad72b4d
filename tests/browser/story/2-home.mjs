// From home, through the Nomades gateway: another zone, other doors.
import assert from 'node:assert/strict';

import { KARIMS_PHONE } from '../stage.mjs';

export default {
  'an agent logs in from home and the portal reads the zone nomades': async (stage) => {
    const karim = await stage.visitor();
    await karim.opensPortal('home');
    await karim.asksToLogIn();
    assert.ok(karim.page.url().startsWith(stage.demo.home), 'the login goes through the gateway');
    await karim.looks('login-home');
    await karim.logsIn('100002');
    await karim.sees('#factor-submit');
    await karim.looks('factor-totp');
    await karim.shows('second-facteur');
    await karim.givesCode(await KARIMS_PHONE.next());
    await karim.seesPortalHome();
    await karim.sees('#zone[data-zone="nomades"]');
    const tiles = await karim.tiles();
    assert.equal(tiles.webmail, 'open');
    assert.equal(tiles['hr-validation'], 'shut');
    assert.equal(tiles['classified-docs'], 'shut');
    await karim.looks('portal-home-nomades');
    await karim.at('#claims').click();
    await karim.sees('main[data-page="claims"]');
    for (const section of ['Jeton d’identité', 'Réponse de UserInfo', 'Jeton d’accès']) {
      assert.equal(await karim.claim(section, 'network_zone'), 'nomades', section);
    }
    assert.equal(await karim.claim('Jeton d’identité', 'acr'), 'eidas2', 'the second factor raises it');
  },

  'who goes home with both factors given is asked for nothing twice, loses internal, and is told what that shuts': async (stage) => {
    const karim = await stage.visitor();
    await karim.logsInAtPortal('100002');
    await karim.sees('#zone[data-zone="internal"]');
    await karim.page.goto(`${stage.demo.office}/login/factor?to=%2Faccount`);
    await karim.givesCode(await KARIMS_PHONE.next());
    await karim.sees('#logout');

    await karim.opensPortal('home');
    await karim.at('#renew').click();
    await karim.seesPortalHome();
    await karim.sees('#zone[data-zone="nomades"]');
    await karim.opensTile('hr-validation');
    await karim.readsRefusal('app.internal_only');
    await karim.looks('refusal-internal-only');

    await karim.at('#back-to-application').click();
    await karim.sees('#notice[data-error="access_denied"]');
    assert.equal((await karim.at('#error').innerText()).trim(), 'access_denied');
    assert.equal((await karim.at('#error-description').innerText()).trim(), 'app.internal_only');
    await karim.looks('portal-access-denied');
  },

  'who goes home with a password alone is not let through in silence, and is told what is missing': async (stage) => {
    const ines = await stage.visitor();
    await ines.logsInAtPortal('100001');
    await ines.choosesPlace('home');
    await ines.at('#renew').click();
    await ines.sees('#notice[data-error="interaction_required"]');
    await ines.looks('portal-factor-required');
    await ines.opensPortal('home');
    await ines.at('#login').click();
    await ines.readsRefusal('factor.enrolment_unsafe');
    await ines.looks('refusal-enrol-at-the-office');
  },
};
