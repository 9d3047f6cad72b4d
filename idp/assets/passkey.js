// Passkeys: asks the browser for one, or has it make one, and sends the answer in the form of the page. Without this file
// the other ways of the page remain.
"use strict";
(() => {
  const RENEW_AFTER = 8 * 60 * 1000;
  const form = document.querySelector("form[data-passkey-get], form[data-passkey-create]");
  const show = (mark, shown) => {
    for (const element of document.querySelectorAll(`[data-passkey-${mark}]`)) element.hidden = !shown;
  };
  const supported = typeof PublicKeyCredential === "function" && Boolean(navigator.credentials);
  show("none", !supported);
  show("ready", supported);
  if (!form || !supported) return;

  const bytes = (text) =>
    Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (symbol) => symbol.charCodeAt(0));
  const text = (buffer) =>
    btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join(""))
      .replaceAll("+", "-")
      .replaceAll("/", "_")
      .replaceAll("=", "");
  const named = (keys) => (keys || []).map((key) => ({ ...key, id: bytes(key.id) }));

  const send = (answer) => {
    form.elements.namedItem("credential").value = JSON.stringify(answer);
    HTMLFormElement.prototype.submit.call(form);
  };

  const make = async () => {
    const { publicKey } = JSON.parse(form.dataset.passkeyCreate);
    const made = await navigator.credentials.create({
      publicKey: {
        ...publicKey,
        challenge: bytes(publicKey.challenge),
        user: { ...publicKey.user, id: bytes(publicKey.user.id) },
        excludeCredentials: named(publicKey.excludeCredentials),
      },
    });
    const { response } = made;
    send({
      id: made.id,
      rawId: text(made.rawId),
      type: made.type,
      response: {
        attestationObject: text(response.attestationObject),
        clientDataJSON: text(response.clientDataJSON),
        transports: response.getTransports ? response.getTransports() : undefined,
      },
    });
  };

  // One request at a time: the quiet one of the login field gives way to the one of the button.
  let waiting = null;
  const ask = async (mediation) => {
    if (waiting) waiting.abort();
    const mine = new AbortController();
    waiting = mine;
    const body = new URLSearchParams({ csrf: form.elements.namedItem("csrf").value, for: form.dataset.passkeyGet });
    const answered = await fetch("/login/passkey/options", { method: "POST", body, signal: mine.signal });
    if (!answered.ok) throw new Error(`the options came with ${answered.status}`);
    const { publicKey } = await answered.json();
    const given = await navigator.credentials.get({
      publicKey: { ...publicKey, challenge: bytes(publicKey.challenge), allowCredentials: named(publicKey.allowCredentials) },
      signal: mine.signal,
      ...(mediation ? { mediation } : {}),
    });
    const { response } = given;
    send({
      id: given.id,
      rawId: text(given.rawId),
      type: given.type,
      response: {
        authenticatorData: text(response.authenticatorData),
        clientDataJSON: text(response.clientDataJSON),
        signature: text(response.signature),
        userHandle: response.userHandle ? text(response.userHandle) : null,
      },
    });
  };

  // Beside the names that the browser proposes in the field; nobody is told when it does not come to that.
  const wait = async () => {
    const renewal = setTimeout(wait, RENEW_AFTER);
    await ask("conditional").catch(() => {});
    clearTimeout(renewal);
  };
  const offers = async () =>
    PublicKeyCredential.isConditionalMediationAvailable && (await PublicKeyCredential.isConditionalMediationAvailable());

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    show("problem", false);
    try {
      await ("passkeyCreate" in form.dataset ? make() : ask());
    } catch (error) {
      // Another click took its place.
      if (error.name === "AbortError") return;
      for (const problem of document.querySelectorAll("[data-passkey-problem]")) problem.setAttribute("role", "alert");
      show("problem", true);
      listen();
    }
  });

  const listen = async () => {
    if ("passkeyConditional" in form.dataset && (await offers())) await wait();
  };
  listen();
})();
