// A button that shows what is typed in a password field. Without this file the field simply stays hidden.
"use strict";
for (const input of document.querySelectorAll("input[type=password][data-show]")) {
  const label = document.querySelector(`label[for="${input.id}"]`);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "show";
  button.setAttribute("aria-controls", input.id);
  const say = (shown) => {
    const verb = shown ? input.dataset.hide : input.dataset.show;
    input.type = shown ? "text" : "password";
    button.textContent = verb;
    button.setAttribute("aria-label", label ? `${verb} – ${label.textContent}` : verb);
    button.setAttribute("aria-pressed", String(shown));
  };
  button.addEventListener("click", () => say(input.type === "password"));
  // Hidden again before it is sent, so that browsers keep it as a password and not as a word typed before.
  if (input.form) input.form.addEventListener("submit", () => say(false));
  say(false);
  input.after(button);
}
