// What pages need beyond plain HTML: the theme, the menu on a phone, ticking all rows, asking before a removal.
(function () {
  "use strict";
  const root = document.documentElement;
  root.dataset.theme = localStorage.getItem("theme") || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");

  document.addEventListener("DOMContentLoaded", function () {
    const on = (selector, event, act) => document.querySelectorAll(selector).forEach((one) => one.addEventListener(event, act));

    on("#theme", "click", function () {
      root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
      localStorage.setItem("theme", root.dataset.theme);
    });
    on(".menu-button", "click", function () {
      this.setAttribute("aria-expanded", document.body.classList.toggle("menu-open"));
    });
    on("input.all", "change", function () {
      this.form.querySelectorAll('input[name="rowid"]').forEach((one) => (one.checked = this.checked));
    });
    on("form[data-confirm]", "submit", function (event) {
      if (!confirm(this.dataset.confirm)) event.preventDefault();
    });
    on("form.filter select", "change", function () {
      this.form.requestSubmit();
    });
    on("[data-login]", "click", function () {
      document.getElementById("username").value = this.dataset.login;
      document.getElementById("password").value = this.dataset.password;
      document.getElementById("door").requestSubmit();
    });
    document.addEventListener("keydown", function (event) {
      const find = document.querySelector(".find input");
      if (event.key === "/" && find && !/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) {
        event.preventDefault();
        find.focus();
      }
    });
    const errors = document.getElementById("errors");
    if (errors) errors.focus();
  });
})();
