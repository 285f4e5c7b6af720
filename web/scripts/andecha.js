// What the pages gain with JavaScript; without it they work the same, one page at a time.
import { initAll } from "./govuk-frontend.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();
warnBeforeTheSessionEnds();
preventDoubleSending();

function warnBeforeTheSessionEnds() {
  const notice = document.getElementById("session-notice");
  if (!notice) return;
  const left = Date.parse(notice.dataset.ends) - Date.now() - 5 * 60 * 1000;
  if (left > 0 && left < 2 ** 31) setTimeout(() => notice.removeAttribute("hidden"), left);
}

function preventDoubleSending() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 3000);
  });
}
