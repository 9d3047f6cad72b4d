// From home, through the Nomades gateway: another zone, other doors.
import assert from 'node:assert/strict';

export default {
  'an agent logs in from home and the portal reads the zone nomades': async (stage) => {
    const karim = await stage.visitor();
    await karim.opensPortal('home');
    await karim.asksToLogIn();
    assert.ok(karim.page.url().startsWith(stage.demo.home), 'the login goes through the gateway');
    await karim.looks('login-home');
    await karim.logsIn('100002');
    await karim.sees('main[data-reason="factor.required"] #code');
    await karim.looks('factor-totp');
    await karim.shows('second-facteur');
    await karim.givesFactor('100002');
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
    assert.equal(await karim.claim('Jeton d’identité', 'acr'), 'eidas2', 'what was given, not where');
  },

  'who goes home with an open session is asked only for what is missing, loses internal, and is told what that shuts': async (stage) => {
    const karim = await stage.visitor();
    await karim.logsInAtPortal('100002');
    await karim.sees('#zone[data-zone="internal"]');
    await karim.choosesPlace('home');
    await karim.at('#renew').click();
    await karim.sees('#notice[data-error="interaction_required"]');
    await karim.looks('portal-factor-required');
    await karim.page.goto(stage.demo.portal);
    await karim.at('#login').click();
    await karim.sees('main[data-reason="factor.required"] #code');
    assert.equal(await karim.at('#password').count(), 0, 'no password again');
    await karim.givesFactor('100002');
    await karim.seesPortalHome();
    await karim.sees('#zone[data-zone="nomades"]');
    await karim.opensTile('classified-docs');
    await karim.readsRefusal('app.internal_only');
    await karim.looks('refusal-internal-only');

    await karim.page.goto(stage.demo.portal);
    await karim.opensTile('hr-validation');
    await karim.readsRefusal('app.internal_only');
    await karim.at('#back-to-application').click();
    await karim.sees('#notice[data-error="access_denied"]');
    assert.equal((await karim.at('#error').innerText()).trim(), 'access_denied');
    assert.equal((await karim.at('#error-description').innerText()).trim(), 'app.internal_only');
    await karim.looks('portal-access-denied');
  },
};
