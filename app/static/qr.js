/* Presses «check again» while a text is being signed on a phone, and shows the page anew when something has changed. */
(() => {
  "use strict";
  const APART = 2000; // milliseconds
  const place = document.querySelector("[data-qr]");
  const form = place.querySelector("form[data-again]");

  const again = async () => {
    try {
      const answer = await fetch(form.action, { method: "POST" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (page.querySelector("[data-qr]")?.dataset.qr !== place.dataset.qr) return location.reload();
    } catch { /* the network is away for a moment */ }
    setTimeout(again, APART);
  };
  setTimeout(again, APART);
})();
