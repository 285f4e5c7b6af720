// What the pages gain with JavaScript; without it they work the same, one page at a time.
import { initAll } from "./govuk-frontend.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();
warnBeforeTheSessionEnds();
preventDoubleSending();
refreshWhatWaits();

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

// A part that waits for the workers or the bank asks for the page again, and changes when it is over.
function refreshWhatWaits() {
  for (const part of document.querySelectorAll("[data-refresh]")) askAgain(part, 1);
}

function askAgain(part, tries) {
  if (tries > 60) return;
  const wait = Number(part.dataset.refresh) * Math.min(tries, 10) * 1000;
  setTimeout(async () => {
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = answer.ok && page.getElementById(part.id);
      if (now && now.dataset.refresh === undefined) {
        document.title = page.title;
        part.replaceWith(now);
        return;
      }
    } catch {
      // The network failed: it is asked again later.
    }
    askAgain(part, tries + 1);
  }, wait);
}
