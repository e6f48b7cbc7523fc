// What pages need beyond plain HTML: the theme, the menu on a phone, ticking all rows, asking before a removal.
(function () {
  "use strict";
  const root = document.documentElement;
  root.dataset.theme = localStorage.getItem("theme") || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");

  // Lines of a form: the filled ones and one more are shown; a line goes where its number says; of no use, they are out.
  function lines(set) {
    const body = set.querySelector("tbody"), more = set.querySelector("[data-more]");
    const inputs = (row) => Array.from(row.querySelectorAll("input, select"));
    const filled = (row) => inputs(row).slice(1).some((one) => one.value.trim());
    const shown = () => Array.from(body.rows).filter((row) => !row.hidden);
    const number = () => shown().forEach((row, at) => (inputs(row)[0].value = at + 1));
    const show = function (row) {
      row.hidden = false;
      number();
      more.hidden = !Array.from(body.rows).some((one) => one.hidden);
      return row;
    };
    const rank = (row) => parseInt(inputs(row)[0].value, 10) || Infinity;
    body.append(...Array.from(body.rows).filter(filled).sort((one, other) => rank(one) - rank(other)));
    body.append(...Array.from(body.rows).filter((row) => !filled(row)));
    const rows = Array.from(body.rows);
    const last = rows.reduce((found, row, at) => (filled(row) ? at : found), -1);
    rows.forEach((row, at) => (row.hidden = at > Math.max(last, 0)));
    if (!set.querySelector(".wrong")) number();
    more.hidden = last + 1 >= rows.length;
    more.addEventListener("click", () => inputs(show(Array.from(body.rows).find((row) => row.hidden)))[1].focus());
    body.addEventListener("change", function (event) {
      const row = event.target.closest("tr");
      if (event.target !== inputs(row)[0]) return;
      const others = shown().filter((one) => one !== row), to = Math.max(1, parseInt(event.target.value, 10) || 1) - 1;
      if (to < others.length) others[to].before(row);
      else if (others.length) others[others.length - 1].after(row);
      number();
    });
    body.addEventListener("click", function (event) {
      if (!event.target.matches("[data-empty]")) return;
      const row = event.target.closest("tr");
      inputs(row).forEach((one) => (one.value = ""));
      if (shown().length > 1) {
        row.hidden = true;
        body.append(row);
      }
      more.hidden = false;
      number();
    });
    const [name, value] = set.dataset.lines.split("=");
    const kind = set.form.elements[name];
    const follow = () => (set.hidden = set.disabled = kind.value !== value);
    kind.addEventListener("change", follow);
    follow();
  }

  // One record out of many: the select asks for what is typed into it. Without Tom Select the field beside it does.
  function picker(select) {
    if (!window.TomSelect) return;
    select.parentElement.querySelector("[data-find]").remove();
    const ask = (text, show) =>
      fetch(select.dataset.pick + "?q=" + encodeURIComponent(text)).then((answer) => answer.json()).then(show, () => show());
    new TomSelect(select, { valueField: "value", labelField: "text", searchField: [], score: () => () => 1, load: ask });
  }

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
    document.querySelectorAll("[data-lines]").forEach(lines);
    document.querySelectorAll('select[data-pick]:not([data-pick=""])').forEach(picker);
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
