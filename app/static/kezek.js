// What pages need beyond plain HTML: the theme, the menu on a phone, ticking all rows, asking before a removal, keys.
(function () {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");
  root.dataset.bsTheme = localStorage.getItem("theme") || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");

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

  // A table that fits scrolls with the page, its head staying; one that does not has a bar of its own.
  function fit() {
    document.querySelectorAll(".scroll").forEach(function (one) {
      one.classList.remove("fits");
      one.classList.toggle("fits", one.scrollWidth <= one.clientWidth);
    });
  }

  // A menu on each row of a list, with those of the list's own actions that this row would take: asked when it is opened.
  function rowMenus(form) {
    const verbs = Array.from(form.querySelectorAll(".bar button[name=action]"));
    const boxes = Array.from(form.querySelectorAll('tbody input[name="rowid"]'));
    if (!verbs.length || !boxes.length) return;
    form.querySelector("thead tr").insertCell();
    form.querySelectorAll("tbody tr").forEach((row) => row.querySelector('input[name="rowid"]') || row.insertCell());
    boxes.forEach(function (box) {
      const cell = box.closest("tr").insertCell(), menu = document.createElement("details"), name = document.createElement("summary");
      cell.className = "row-menu";
      menu.className = "drop";
      name.textContent = "⋮";
      name.setAttribute("aria-label", `${form.dataset.menu}: ${box.getAttribute("aria-label")}`);
      menu.append(name, document.createElement("div"));
      cell.append(menu);
      menu.addEventListener("toggle", async function () {
        if (!menu.open || "asked" in menu.dataset) return;
        menu.dataset.asked = "";
        const can = await fetch(form.dataset.of + box.value).then((answer) => answer.json()).catch(() => box.dataset.can.split(" "));
        const some = verbs.filter((verb) => can.includes(verb.value));
        if (!some.length) menu.lastChild.textContent = form.dataset.none;
        some.forEach(function (verb) {
          const item = menu.lastChild.appendChild(verb.cloneNode(true));
          item.type = "button";
          item.addEventListener("click", function () {
            form.querySelectorAll('[name="all"]').forEach((one) => (one.checked = false));
            boxes.forEach((one) => (one.checked = one === box));
            form.requestSubmit(verb);
          });
        });
      });
    });
  }

  // The keyboard. Letters go by their place, so that they are the same in every layout.
  function keyboard(help) {
    const areas = Array.from(document.querySelectorAll("#menu [data-key]"));
    const links = () => Array.from(document.querySelectorAll(".rows tbody tr"), (row) => row.querySelector("td a")).filter(Boolean);
    const step = function (by) {
      const all = links(), row = document.activeElement.closest("tbody tr");
      const at = all.findIndex((one) => row && row.contains(one));
      const next = all[at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)];
      if (next) next.focus();
    };
    const shown = (selector) => Array.from(document.querySelectorAll(selector)).find((one) => one.offsetParent);
    const acts = {
      KeyJ: () => step(1),
      KeyK: () => step(-1),
      KeyA: () => (shown("main .bar button[name=action]") || shown("main :is(.verbs, .bar, .buttons) :is(a, button)"))?.focus(),
      KeyF: () => shown("main form.filter :is(input, select)")?.focus(),
      KeyX: () => document.activeElement.closest("tbody tr")?.querySelector('input[name="rowid"]')?.click(),
      "/": () => document.querySelector(".find [name=q]")?.select(),
      "?": () => help?.showModal(),
    };
    const leave = function (field) {
      const menu = document.querySelector(".drop[open]");
      if (!menu) return field.matches("textarea, select, input") && field.blur();
      menu.removeAttribute("open");
      menu.firstElementChild.focus();
    };
    let went = 0;
    document.addEventListener("keydown", function (event) {
      if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
      if (event.key === "Enter" && event.repeat && !event.target.matches("textarea")) return event.preventDefault(); // held: no second yes
      if (event.key === "Escape") leave(event.target);
      if (event.target.matches("textarea, select, input:not([type=checkbox]):not([type=radio])")) return;
      const letter = event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : "";
      const area = Date.now() - went < 1500 && areas.find((one) => one.dataset.key === letter);
      const sign = event.code === "Slash" ? (event.shiftKey ? "?" : "/") : "";
      const act = area ? () => area.click() : acts[event.key] || acts[sign] || acts[event.code];
      went = letter === "g" && !area ? Date.now() : 0;
      if (!act) return;
      event.preventDefault();
      act();
    });
    if (!help) return;
    const list = help.querySelector("[data-areas]");
    areas.forEach(function (one) {
      const line = list.appendChild(document.createElement("div"));
      line.appendChild(document.createElement("dt")).appendChild(document.createElement("kbd")).textContent = one.dataset.key;
      line.appendChild(document.createElement("dd")).textContent = one.textContent.trim();
    });
    document.querySelectorAll("[data-keys]").forEach((one) => one.addEventListener("click", acts["?"]));
  }

  // What is under way shows how far it has come, until it is over; then the whole page is new.
  async function follow(part) {
    await new Promise((go) => setTimeout(go, 1500));
    const text = await fetch(location.href).then((answer) => answer.text()).catch(() => "");
    const fresh = new DOMParser().parseFromString(text, "text/html").getElementById(part.id);
    if (text && !(fresh && "follow" in fresh.dataset)) return location.reload();
    if (fresh) part.replaceWith(fresh);
    follow(fresh || part);
  }

  // How much the reader was told and has not read; asked by the page when it stands, so that it waits for nothing.
  async function unread(mark) {
    const said = await fetch(mark.dataset.unread).then((answer) => answer.json()).catch(() => ({}));
    mark.textContent = said.text || "";
    mark.title = said.title || "";
    mark.hidden = !said.text;
  }

  // One record out of many: the select asks for what is typed into it. Without Tom Select the field beside it does.
  function picker(select) {
    if (!window.TomSelect) return;
    const token = select.form.elements.csrf_token.value;
    select.parentElement.querySelector("[data-find]").remove();
    const ask = (text, show) =>
      fetch(select.dataset.pick, { method: "POST", body: new URLSearchParams({ q: text, csrf_token: token }) })
        .then((answer) => answer.json()).then(show, () => show());
    new TomSelect(select, { valueField: "value", labelField: "text", searchField: [], score: () => () => 1, load: ask });
  }

  // Where one goes on from: what the page says, else where a page that is one form begins (on a phone keys would open).
  function begin() {
    const said = document.querySelector("#errors, #changed, main > .flash");
    const field = "main > form.form :is(input:not([type=hidden]), select, textarea, button)";
    const first = matchMedia("(pointer: fine)").matches && document.querySelector(field);
    if (said || first) (said || first).focus();
  }

  document.addEventListener("DOMContentLoaded", function () {
    const on = (selector, event, act) => document.querySelectorAll(selector).forEach((one) => one.addEventListener(event, act));

    on("#theme", "click", function () {
      root.dataset.bsTheme = root.dataset.bsTheme === "dark" ? "light" : "dark";
      localStorage.setItem("theme", root.dataset.bsTheme);
    });
    on(".menu-button", "click", function () {
      this.setAttribute("aria-expanded", document.body.classList.toggle("menu-open"));
    });
    on("input.all", "change", function () {
      this.form.querySelectorAll('input[name="rowid"]').forEach((one) => (one.checked = this.checked));
    });
    on("[data-most]", "change", function () {
      const most = Number(this.dataset.most), large = Array.from(this.files).some((one) => one.size > most);
      this.setCustomValidity(large ? this.dataset.tooLarge : "");
      this.reportValidity();
    });
    on("form:has([data-most])", "submit", function (event) {
      const large = this.querySelector("[data-most]");
      if (large.validity.customError) {
        event.preventDefault();
        large.reportValidity();
      }
    });
    on("form[data-confirm]", "submit", function (event) {
      if (!confirm(this.dataset.confirm)) event.preventDefault();
    });
    // One click, one effect: a second one is not even sent. What stays on its page, a list that is taken away, may be again.
    document.addEventListener("submit", function (event) {
      const form = event.target;
      if (event.defaultPrevented || form.method !== "post" || form.id === "downloads") return;
      if ("sent" in form.dataset) return event.preventDefault();
      form.dataset.sent = "";
      setTimeout(() => delete form.dataset.sent, 5000);
    });
    addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((one) => delete one.dataset.sent));
    // The mouse chooses once; arrow keys pass over what is not meant, so that there Enter says when it is chosen.
    on("form.filter select", "pointerdown", function () {
      delete this.dataset.typed;
    });
    on("form.filter select", "keydown", function (event) {
      this.dataset.typed = "";
      if (event.key === "Enter") this.form.requestSubmit();
    });
    on("form.filter select", "change", function () {
      if (!("typed" in this.dataset)) this.form.requestSubmit();
    });
    on("[data-login]", "click", function () {
      document.getElementById("username").value = this.dataset.login;
      document.getElementById("password").value = this.dataset.password;
      document.getElementById("door").requestSubmit();
    });
    document.querySelectorAll("[data-lines]").forEach(lines);
    document.querySelectorAll("form[data-menu]").forEach(rowMenus);
    document.fonts.ready.then(fit);
    addEventListener("resize", fit);
    document.addEventListener("click", function (event) {
      document.querySelectorAll(".drop[open]").forEach((one) => one.contains(event.target) || one.removeAttribute("open"));
    });
    document.querySelectorAll("[data-follow]").forEach(follow);
    document.querySelectorAll("[data-unread]").forEach(unread);
    document.querySelectorAll('select[data-pick]:not([data-pick=""])').forEach(picker);
    keyboard(document.getElementById("keys"));
    begin();
  });
})();
