/* Has a text signed by the program that holds a family's keys, NCALayer, on the family's own machine (spec 10).

   It speaks over a WebSocket of loopback: it greets, takes one request at a time, and answers. All that people read stands
   in the page, in `data-say-...`; what the program itself says is shown as text. */
(() => {
  "use strict";
  const GREETS = 15000; // milliseconds; the browser's own question may take as long as it likes before
  const place = document.querySelector("[data-agent]");
  const form = place.querySelector("form[data-cms]");
  const button = place.querySelector("[data-sign]");
  const state = place.querySelector("[data-state]");
  let busy = false;

  const say = (what, more = "") => {
    state.textContent = [place.dataset["say" + what], more].filter(Boolean).join(" ");
    state.classList.toggle("bad", !["Opening", "Signing", "Sending"].includes(what));
    state.hidden = false;
  };

  /* Did the person, or somebody for the whole machine, forbid this site to reach programs of the machine? */
  const forbidden = async () => {
    for (const name of ["loopback-network", "local-network-access"]) {
      try {
        if ((await navigator.permissions.query({ name })).state === "denied") return true;
      } catch { /* a browser that knows no such leave asks for none */ }
    }
    return false;
  };

  const request = () => JSON.stringify({
    module: "kz.gov.pki.knca.basics",
    method: "sign",
    args: {
      allowedStorages: null,
      format: "cms",
      data: place.dataset.text,
      signingParams: { decode: true, encapsulate: false, digested: false, tsaProfile: {} },
      signerParams: { extKeyUsageOids: place.dataset.uses.split(" "), chain: [] },
      locale: document.documentElement.lang,
    },
  });

  /* What came back: ["signed", CMS], ["Cancelled"], ["Failed", what the program says]. */
  const judged = (answer) => {
    if (answer.status !== true) return ["Failed", String(answer.message ?? answer.code ?? "").slice(0, 300)];
    const result = [answer.body?.result].flat()[0];
    return typeof result === "string" && result ? ["signed", result] : ["Cancelled"];
  };

  /* One talk with the program, from its greeting to its answer. */
  const talk = () => new Promise((done) => {
    let open = false, asked = false, late;
    const end = (...found) => { clearTimeout(late); socket.onclose = null; socket.close(); done(found); };
    let socket;
    try {
      socket = new WebSocket(place.dataset.agent);
    } catch {
      done(["Absent"]);
      return;
    }
    socket.onopen = () => { open = true; late = setTimeout(() => end("Absent"), GREETS); };
    socket.onclose = () => end(asked ? "Died" : "Absent");
    socket.onmessage = ({ data }) => {
      let answer;
      try { answer = JSON.parse(data); } catch { return end("Failed"); }
      if (asked) return end(...judged(answer));
      if (!open || !answer?.result?.version) return end("Absent");
      clearTimeout(late);
      asked = true;
      say("Signing");
      socket.send(request());
    };
  });

  const sign = async () => {
    if (busy || !form.reportValidity()) return;
    busy = button.disabled = true;
    say("Opening");
    const [what, told] = await talk();
    if (what === "signed") {
      say("Sending");
      form.elements.cms.value = told;
      form.submit();
      return;
    }
    busy = button.disabled = false;
    say(what === "Absent" && await forbidden() ? "Forbidden" : what, told);
    button.focus();
  };

  button.hidden = false;
  button.addEventListener("click", sign);
  window.addEventListener("pageshow", (event) => event.persisted && location.reload()); // a text is signed once
  if ("atOnce" in place.dataset) sign();
})();
