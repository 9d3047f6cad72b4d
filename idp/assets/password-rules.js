// Ticks, while a new password is typed, the rules that a browser can judge. The server sent the rules, knows more of them
// (names, guessability, former passwords) and judges them all again; without this file it is the only one.
"use strict";
{
  const first = document.getElementById("new_password");
  const again = document.getElementById("new_password_again");
  const list = document.querySelector("#password-rules ul");
  const told = document.getElementById("password-rules-told");
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const count = (text) => [...text].length;

  // Each mirrors a rule of the server: true, false, or undefined where it cannot be said yet.
  const checks = {
    length: (text, { min, max }) => count(text) >= Number(min) && count(text) <= Number(max),
    classes: (text) => {
      const three = /\p{Ll}/u.test(text) && /\p{Lu}/u.test(text) && /[0-9]/.test(text);
      return three && (count(text) >= 14 || (count(text) >= 12 && /[^\p{Ll}\p{Lu}0-9]/u.test(text)));
    },
    words: (text, { min }) =>
      new Set(plain(text).split(/[^\p{Alphabetic}]+/u).filter((word) => count(word) >= 2)).size >= Number(min),
    soi: (text) => {
      const field = first.form.querySelector("[autocomplete=username]");
      const soi = field ? plain(field.value.replace(/\s/g, "")) : "";
      return count(soi) < 4 ? undefined : !plain(text).includes(soi);
    },
    same: (text) => (again.value === "" ? undefined : again.value.normalize("NFC") === text),
  };

  if (first && again && list && told) {
    const rules = [];
    for (const item of list.querySelectorAll("li[data-rule]")) {
      const mark = document.createElement("span");
      if (item.dataset.rule in checks) {
        mark.className = "visually-hidden";
        item.prepend(mark);
        rules.push({ item, mark, check: checks[item.dataset.rule] });
      } else {
        mark.className = "later";
        mark.textContent = ` (${list.dataset.later})`;
        item.append(mark);
      }
    }
    let waiting;
    const judge = () => {
      const text = first.value.normalize("NFC");
      let left = 0;
      for (const { item, mark, check } of rules) {
        const met = text === "" ? undefined : check(text, item.dataset);
        item.classList.toggle("met", met === true);
        mark.textContent = met === undefined ? "" : `${met ? list.dataset.met : list.dataset.unmet} – `;
        left += met === false ? 1 : 0;
      }
      // Spoken when somebody pauses, not at each key.
      clearTimeout(waiting);
      const news = text === "" ? "" : left === 0 ? told.dataset.done : `${told.dataset.left} ${left}`;
      waiting = setTimeout(() => {
        if (told.textContent !== news) told.textContent = news;
      }, 1000);
    };
    for (const field of first.form.querySelectorAll("input")) field.addEventListener("input", judge);
    judge();
  }
}
