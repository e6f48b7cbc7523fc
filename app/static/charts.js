// Who waits, as bars beside the table that says the same: by birth year, and the longest queues where there are several.
(function () {
  "use strict";
  const root = document.documentElement, MOST = 10;
  const number = new Intl.NumberFormat(root.lang).format;
  const reduced = matchMedia("(prefers-reduced-motion: reduce)");

  // What a colour of the theme is now, as a canvas understands it.
  function colour(name) {
    const probe = document.body.appendChild(document.createElement("i"));
    probe.style.color = `var(${name})`;
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  }

  // [what, how many] of the table: the sums of its columns, or those of its lines, the longest first.
  function counted(table) {
    const years = new Map(), places = [];
    table.querySelectorAll("[data-district]").forEach(function (row) {
      let sum = 0;
      row.querySelectorAll("[data-year]").forEach(function (cell) {
        const count = Number(cell.dataset.count);
        years.set(cell.dataset.year, (years.get(cell.dataset.year) || 0) + count);
        sum += count;
      });
      if (sum) places.push([row.dataset.district, sum]);
    });
    return { year: Array.from(years), district: places.sort((one, other) => other[1] - one[1]).slice(0, MOST) };
  }

  function option(pairs, lying, says) {
    const soft = { color: colour("--soft"), fontSize: 12, fontFamily: getComputedStyle(document.body).fontFamily };
    const names = { type: "category", data: pairs.map(([name]) => name), inverse: lying, axisTick: { show: false } };
    const narrow = lying ? { width: 130, overflow: "truncate" } : {};
    Object.assign(names, { axisLine: { show: !lying, lineStyle: { color: colour("--tblr-border-color") } }, axisLabel: { ...soft, ...narrow } });
    const values = { type: "value", show: false };
    return {
      animation: !reduced.matches,
      aria: { enabled: true, label: { description: says } },
      grid: { left: 4, right: lying ? 52 : 4, top: lying ? 0 : 22, bottom: 0, containLabel: true },
      xAxis: lying ? values : names,
      yAxis: lying ? names : values,
      series: [{
        type: "bar",
        silent: true,
        data: pairs.map(([, count]) => count),
        barMaxWidth: lying ? 16 : 44,
        itemStyle: { color: colour("--accent"), borderRadius: lying ? [0, 3, 3, 0] : [3, 3, 0, 0] },
        label: { ...soft, color: colour("--tblr-body-color"), show: true, position: lying ? "right" : "top", formatter: (one) => number(one.value) },
      }],
    };
  }

  function show(place, pairs) {
    const figure = place.closest("figure"), lying = place.dataset.bars === "district";
    if (pairs.length < 2) return;
    figure.hidden = false;
    if (lying) place.style.height = `${pairs.length * 1.6}rem`;
    const said = pairs.map(([name, count]) => `${name}: ${number(count)}`).join("; ");
    const chart = echarts.init(place);
    const draw = () => chart.setOption(option(pairs, lying, `${figure.querySelector("figcaption").textContent}. ${said}`));
    draw();
    new MutationObserver(draw).observe(root, { attributeFilter: ["data-bs-theme"] });
    new ResizeObserver(() => chart.resize()).observe(place);
  }

  document.fonts.load("12px Inter", "Aя Қ").finally(function () {
    const pairs = counted(document.getElementById("waiting"));
    document.querySelectorAll("[data-bars]").forEach((place) => show(place, pairs[place.dataset.bars]));
  });
})();
