"use strict";
// Names come from whoever wrote the dump: they reach the page as text and as values of harmless attributes, never as markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const SVG = "http://www.w3.org/2000/svg";
  const ROW = 20;
  const LETTER = 7.23;
  const LEAST = 1.5;
  const ROWS_SHOWN = 50;
  const STACKS_SHOWN = 5;
  const NAMES_SHOWN = 5;
  const HUES = ["#e58a6f", "#7fb2e5", "#8cc79a", "#c9a2dd", "#e3bf5f", "#76c3c9", "#e59ab5", "#b3b86a", "#a8a3e8", "#d1a57c"];
  const GREY = "#aab3bc";
  const VERDICT_HUES = { leaked: "#e0555a", likely: "#f0917a", suspect: "#e6bc55", unknown: "#aab6c2", normal: "#93cba6" };
  const CHANGE_HUES = { new: "#e0555a", grown: "#f0917a", same: "#b4bec8", shrunk: "#93cba6", gone: "#86b4de" };
  const CHANGES = ["new", "grown", "same", "shrunk", "gone"];

  const element = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
    node.append(...children.filter((child) => child !== null && child !== ""));
    return node;
  };
  const shape = (tag, attributes) => {
    const node = document.createElementNS(SVG, tag);
    for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
    return node;
  };
  const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
  const number = (n) => (n < 0 ? "-" : "") + grouped(Math.abs(n));
  const counted = (n, what) => `${number(n)} ${what}${n === 1 ? "" : "s"}`;
  const signed = (n) => (n > 0 ? "+" : "") + number(n);
  const percent = (n, all) => {
    const share = all > 0 ? (n * 100) / all : 0;
    return share > 0 && share < 1 ? "<1 %" : `${Math.round(share)} %`;
  };

  // The tree: callers stand before callees, and what is below a node follows it up to its end.
  const size = data.nodes.length / 2;
  const parent = new Int32Array(size);
  const frame = new Int32Array(size);
  const depth = new Int32Array(size);
  const end = new Int32Array(size);
  const below = Array.from({ length: size }, () => []);
  for (let i = 0; i < size; i++) {
    parent[i] = data.nodes[2 * i];
    frame[i] = data.nodes[2 * i + 1];
    end[i] = i + 1;
    if (i > 0) {
      depth[i] = depth[parent[i]] + 1;
      below[parent[i]].push(i);
    }
  }
  for (let i = size - 1; i > 0; i--) end[parent[i]] = Math.max(end[parent[i]], end[i]);
  // Numbers in digits of five bits, the lowest first; a digit from 32 on says that more follow.
  const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
  function* numbersIn(written) {
    let n = 0;
    let bits = 0;
    for (let at = 0; at < written.length; at++) {
      const digit = DIGITS.indexOf(written[at]);
      n |= (digit & 31) << bits;
      bits += 5;
      if (digit >= 32) continue;
      yield [n, at + 1];
      n = bits = 0;
    }
  }
  // A name is what it shares with the name before it, and the rest.
  const hiddenNames = [];
  for (const line of data.names.split("\n").slice(0, -1)) {
    const [shared, from] = numbersIn(line).next().value;
    hiddenNames.push((hiddenNames.length > 0 ? hiddenNames[hiddenNames.length - 1].slice(0, shared) : "") + line.slice(from));
  }
  const sums = data.rest.map(([n, s, v, p, x, c, written = "", k = [c], f = [], l = []]) => {
    let last = 0;
    const names = [...numbersIn(written)].map(([distance]) => (last += distance));
    return { n, s, v, p, x, c, k: k.length > 0 ? k : [c], f, l, names };
  });
  const entries = data.groups.concat(sums);
  const mergedAt = new Int32Array(size);
  for (const entry of sums) mergedAt[entry.n] += entry.x;

  const text = (place) => (place < 0 ? "" : data.texts[place]);
  const functionOf = (f) => text(data.frames[f][0]);
  const fileOf = (f) => text(data.frames[f][1]);
  const placeOf = (f) => {
    const file = fileOf(f);
    return file && data.frames[f][3] >= 0 ? `${file}:${data.frames[f][3]}` : file;
  };
  const nameOf = (i) => {
    if (i === 0) return "all";
    return frame[i] < 0 ? `${number(mergedAt[i])} more` : functionOf(frame[i]);
  };
  // A long name's own part says more than its directories.
  const shortName = (name) => {
    const stop = name.search(/[([]/);
    const path = stop < 0 ? name : name.slice(0, stop);
    return name.slice(path.lastIndexOf("/") + 1);
  };

  const last = data.moments.length - 1;
  const view = {
    state: "", verdict: "", package: "", label: "", search: "", colour: data.comparison ? "change" : "verdict",
    moment: data.sum ? "all" : String(last), zoom: 0, chosen: -1, finding: -1, rows: ROWS_SHOWN,
  };
  const before = [];

  // Goroutines of an entry at the moment that is shown; of a label only those that carry it, which is known of the whole.
  const countOf = (entry) => {
    if (view.label !== "") {
      for (let i = 0; i < (entry.l || []).length; i += 2) if (entry.l[i] === Number(view.label)) return entry.l[i + 1];
      return 0;
    }
    return view.moment === "all" ? entry.c : entry.k[Number(view.moment)];
  };
  const passes = (entry) =>
    (view.state === "" || entry.s === Number(view.state)) &&
    (view.verdict === "" || entry.v === Number(view.verdict)) &&
    (view.package === "" || entry.p === Number(view.package)) &&
    (view.label === "" || countOf(entry) !== 0);

  const first = new Float64Array(size);
  const final = new Float64Array(size);
  const counts = new Float64Array(size);
  const widths = new Float64Array(size);
  const hits = new Uint8Array(size);
  let colours = [];
  let shown = [];
  let matched = new Set();
  // Sums of which some stacks hold what is searched for, with the names that do.
  let holding = new Map();
  let namesAt = new Map();
  const hitBelow = new Uint8Array(size);

  const changeOf = (a, b) => (a === b ? "same" : a === 0 ? "new" : b === 0 ? "gone" : b > a ? "grown" : "shrunk");
  const classesOf = () => (view.colour === "verdict" ? data.verdicts.length : data.states.length);
  const classOf = (entry) => (view.colour === "verdict" ? entry.v : entry.s);

  function count() {
    for (const array of [first, final, counts, widths]) array.fill(0);
    shown = entries.filter(passes);
    const kinds = view.colour === "change" ? 0 : classesOf();
    const byKind = new Float64Array(size * kinds);
    for (const entry of shown) {
      const n = countOf(entry);
      counts[entry.n] += n;
      widths[entry.n] += Math.max(0, n);
      first[entry.n] += entry.k[0];
      final[entry.n] += entry.k[last];
      if (kinds) byKind[entry.n * kinds + classOf(entry)] += Math.max(0, n);
    }
    for (let i = size - 1; i > 0; i--) {
      const up = parent[i];
      for (const array of [first, final, counts, widths]) array[up] += array[i];
      for (let k = 0; k < kinds; k++) byKind[up * kinds + k] += byKind[i * kinds + k];
    }
    colours = new Array(size);
    for (let i = 0; i < size; i++) {
      if (!kinds) {
        colours[i] = changeOf(first[i], final[i]);
        continue;
      }
      let most = 0;
      for (let k = 1; k < kinds; k++) if (byKind[i * kinds + k] > byKind[i * kinds + most]) most = k;
      colours[i] = most;
    }
    while (view.zoom !== 0 && widths[view.zoom] === 0) view.zoom = parent[view.zoom];
    search();
  }

  function search() {
    hits.fill(0);
    hitBelow.fill(0);
    matched = new Set();
    holding = new Map();
    namesAt = new Map();
    const wanted = view.search.toLowerCase();
    if (wanted === "" && view.finding < 0) return;
    const onPath = new Uint8Array(size);
    if (wanted !== "") {
      const frameHits = data.frames.map((_, f) => functionOf(f).toLowerCase().includes(wanted) || fileOf(f).toLowerCase().includes(wanted));
      for (let i = 1; i < size; i++) {
        if (frame[i] >= 0 && frameHits[frame[i]]) hits[i] = 1;
        onPath[i] = hits[i] || onPath[parent[i]];
      }
    }
    for (const entry of shown) {
      const byState = wanted !== "" && (data.states[entry.s].toLowerCase().includes(wanted) || (entry.w !== undefined && text(entry.w).toLowerCase().includes(wanted)));
      const byFinding = view.finding >= 0 && (entry.f || []).includes(view.finding);
      if (byState || byFinding) hits[entry.n] = 1;
      if (byState || byFinding || onPath[entry.n]) matched.add(entry);
    }
    if (wanted !== "") searchInside(wanted);
    for (let i = size - 1; i > 0; i--) if (hits[i] || hitBelow[i]) hitBelow[parent[i]] = 1;
  }

  function searchInside(wanted) {
    const found = hiddenNames.map((name) => name.toLowerCase().includes(wanted));
    for (const entry of shown) {
      const names = (entry.names || []).filter((name) => found[name]);
      if (names.length === 0) continue;
      hits[entry.n] = 1;
      holding.set(entry, names.map((name) => hiddenNames[name]));
      const here = namesAt.get(entry.n) || new Set();
      for (const name of holding.get(entry)) here.add(name);
      namesAt.set(entry.n, here);
      if (entry.x === 1) matched.add(entry);
    }
  }
  const someNames = (names) => {
    const more = names.length - NAMES_SHOWN;
    return names.slice(0, NAMES_SHOWN).join(", ") + (more > 0 ? ` and ${counted(more, "more name")}` : "");
  };
  // What was found inside merged stacks of a box.
  const insideOf = (i) => (namesAt.has(i) ? `; among them ${someNames([...namesAt.get(i)])}` : "");

  const hueOf = (kind) => {
    if (view.colour === "change") return CHANGE_HUES[kind];
    if (view.colour === "verdict") return VERDICT_HUES[data.verdicts[kind]];
    return kind < HUES.length ? HUES[kind] : GREY;
  };
  const share = (i) => percent(counts[i], counts[0]);
  const movement = (i) => (data.comparison && view.label === "" ? `, ${number(first[i])} → ${number(final[i])} (${signed(final[i] - first[i])})` : "");
  const describe = (i) => `${nameOf(i)}: ${counted(counts[i], "goroutine")}, ${share(i)}${movement(i)}${insideOf(i)}`;

  function path(i) {
    const way = [];
    for (let at = i; at !== 0; at = parent[at]) way.push(at);
    way.push(0);
    return way.reverse();
  }

  let drawn = new Map();
  function draw() {
    const box = $("icicle");
    const room = Math.max(box.clientWidth, 200);
    const svg = shape("svg", { width: room, role: "group", "aria-label": "Stacks, entry first" });
    drawn = new Map();
    const above = path(view.zoom);
    const zoomDepth = depth[view.zoom];
    let deepest = zoomDepth;
    const put = (i, x, width) => {
      const y = depth[i] * ROW;
      deepest = Math.max(deepest, depth[i]);
      const faded = matched.size > 0 || view.search !== "" ? !hits[i] : false;
      const kinds = ["frame"];
      if (depth[i] < zoomDepth) kinds.push("above");
      if (hits[i]) kinds.push("matched");
      else if (faded) kinds.push("faded");
      if (i === view.chosen) kinds.push("chosen");
      const node = shape("g", { class: kinds.join(" "), role: "button", tabindex: "-1", "aria-label": describe(i), "data-node": i });
      const title = shape("title");
      title.textContent = frame[i] < 0 ? describe(i) : `${describe(i)}\n${placeOf(frame[i])}`;
      node.append(title, shape("rect", { x, y, width: Math.max(width - 0.5, 0.5), height: ROW - 1, fill: hueOf(colours[i]), rx: 2 }));
      const letters = Math.floor((width - 6) / LETTER);
      if (letters >= 3) {
        let label = i === 0 ? `all: ${counted(counts[0], "goroutine")}` : nameOf(i);
        if (label.length > letters && frame[i] >= 0) label = shortName(label);
        if (label.length > letters) label = `${label.slice(0, letters - 1)}…`;
        const words = shape("text", { x: x + 4, y: y + 14 });
        words.textContent = label;
        node.append(words);
      }
      svg.append(node);
      drawn.set(i, { node, x, width });
    };
    for (const i of above.slice(0, -1)) put(i, 0, room);
    const scale = widths[view.zoom] > 0 ? room / widths[view.zoom] : 0;
    const open = [[view.zoom, 0]];
    while (open.length > 0) {
      const [i, from] = open.pop();
      put(i, from, i === view.zoom ? room : widths[i] * scale);
      let x = from;
      let slivers = null;
      let found = false;
      for (const callee of below[i]) {
        const width = widths[callee] * scale;
        if (width >= LEAST) open.push([callee, x]);
        else if (width > 0) {
          slivers = [slivers ? slivers[0] : x, x + width];
          found = found || hits[callee] || hitBelow[callee];
        }
        x += width;
      }
      // What is too narrow to point at is a shade; zooming in parts it.
      if (slivers && slivers[1] - slivers[0] >= 0.5) {
        const y = (depth[i] + 1) * ROW;
        deepest = Math.max(deepest, depth[i] + 1);
        svg.append(shape("rect", { class: found ? "slivers matched" : "slivers", x: slivers[0], y, width: slivers[1] - slivers[0], height: ROW - 1 }));
      }
    }
    const height = (deepest + 1) * ROW;
    svg.setAttribute("height", height);
    svg.setAttribute("viewBox", `0 0 ${room} ${height}`);
    box.replaceChildren(svg);
    const reachable = drawn.get(view.chosen) || drawn.get(view.zoom);
    if (reachable) reachable.node.setAttribute("tabindex", "0");
    $("back").disabled = before.length === 0;
  }

  function legend() {
    const sums = new Map();
    for (const entry of shown) {
      const kind = view.colour === "change" ? changeOf(entry.k[0], entry.k[last]) : classOf(entry);
      sums.set(kind, (sums.get(kind) || 0) + countOf(entry));
    }
    const label = (kind) => (view.colour === "change" ? kind : view.colour === "verdict" ? data.verdicts[kind] : data.states[kind]);
    const order = view.colour === "change" ? CHANGES : Array.from({ length: classesOf() }, (_, k) => k);
    let kinds = order.filter((kind) => sums.has(kind));
    const others = view.colour === "state" ? kinds.filter((kind) => kind >= HUES.length) : [];
    kinds = kinds.filter((kind) => !others.includes(kind));
    const item = (hue, words) => {
      const swatch = element("span", { class: "swatch" });
      swatch.style.background = hue;
      return element("li", {}, swatch, words);
    };
    const items = kinds.map((kind) => item(hueOf(kind), `${label(kind)} ${number(sums.get(kind))}`));
    if (others.length > 0) {
      items.push(item(GREY, `${counted(others.length, "more state")} ${number(others.reduce((sum, kind) => sum + sums.get(kind), 0))}`));
    }
    $("legend").replaceChildren(...items);
  }

  function totals() {
    const groups = shown.reduce((sum, entry) => sum + (entry.x || 1), 0);
    const when = data.comparison && view.label === "" ? ` at ${data.moments[Number(view.moment)]}` : "";
    let words = `${counted(counts[0], "goroutine")} in ${counted(groups, "group")}${when}`;
    if (data.comparison && view.label === "") words += `; ${number(first[0])} → ${number(final[0])} (${signed(final[0] - first[0])})`;
    if (view.search !== "" || view.finding >= 0) {
      let n = 0;
      for (const entry of matched) n += countOf(entry);
      words += `; ${counted(n, "goroutine")} matched`;
      const unsure = [...holding.keys()].filter((entry) => !matched.has(entry));
      if (unsure.length > 0) {
        const most = unsure.reduce((sum, entry) => sum + countOf(entry), 0);
        words += `, and some of ${number(most)} in merged stacks`;
      }
      if (view.finding >= 0) words += `: ${data.findings[view.finding]}`;
    }
    $("totals").textContent = words;
    $("merged").textContent = data.merged === 0 ? "" :
      `${counted(data.merged, "stack")} narrower than 1/${number(data.below)} of the width are merged where their paths part ("more"); totals and filters count them, search finds the box that holds a name${data.unnamed > 0 ? `, but not all names of ${counted(data.unnamed, "stack")}, for which a page has no room` : ""}.`;
  }

  const goToFinding = (f) => {
    const card = $(`finding-${f}`);
    if (!card) return;
    const fold = card.closest("details");
    if (fold) fold.open = true;
    card.scrollIntoView({ block: "start" });
    card.focus({ preventScroll: true });
  };
  const findingButtons = (list) => list.map((f) => {
    const button = element("button", { type: "button", class: "text-button", "data-finding": f }, `finding ${f + 1}: ${data.findings[f] || ""}`);
    button.addEventListener("click", () => goToFinding(f));
    return element("p", {}, button);
  });

  function stackOf(entry) {
    const list = element("ol", { class: "stack" });
    const way = path(entry.n).slice(1).reverse();
    for (const i of way) list.append(element("li", {}, element("span", { class: "name" }, nameOf(i)), " ", element("span", { class: "place" }, frame[i] < 0 ? "" : placeOf(frame[i]))));
    if (typeof entry.by === "number") list.append(element("li", { class: "dim" }, "created by ", element("span", { class: "name" }, functionOf(entry.by)), " ", element("span", { class: "place" }, placeOf(entry.by))));
    return list;
  }

  function groupDetails(entry) {
    const box = element("div", { class: "one" });
    const add = (...words) => box.append(element("p", {}, ...words));
    const state = entry.w === undefined ? data.states[entry.s] : text(entry.w);
    const sure = entry.sure ? ` (${entry.sure} %)` : "";
    add(element("strong", {}, counted(countOf(entry), "goroutine")), ` · ${state} · `, element("span", { class: `verdict ${data.verdicts[entry.v]}` }, data.verdicts[entry.v] + sure), entry.x ? ` · ${counted(entry.x, "stack")} merged` : "");
    if (entry.k.length > 1) add(entry.k.map((n, i) => `${data.moments[i]}: ${number(n)}`).join(" · "));
    if (entry.who) add(`${number(entry.who[0])} stayed, ${number(entry.who[1])} came, ${number(entry.who[2])} went`);
    if (holding.has(entry)) add(`${entry.x === 1 ? "it holds" : "some of them hold"} `, element("span", { class: "name" }, someNames(holding.get(entry))));
    for (const evidence of entry.e || []) add(text(evidence));
    if (entry.lock) add(`lock ${entry.lock}`);
    const labels = [];
    for (let i = 0; i < (entry.l || []).length; i += 2) labels.push([entry.l[i + 1], data.labels[entry.l[i]]]);
    labels.sort((a, b) => b[0] - a[0]);
    if (labels.length > 0 || entry.more) {
      const words = labels.slice(0, 20).map(([n, label]) => `${label} ×${number(n)}`);
      const more = Math.max(0, labels.length - 20) + (entry.more || 0);
      if (more > 0) words.push(counted(more, "more label"));
      add(`labels: ${words.join(" · ")}`);
    }
    if ((entry.ids || []).length > 0) add(`goroutines ${entry.ids.join(", ")}${Math.abs(entry.c) > entry.ids.length ? ", …" : ""}`);
    if (entry.id) add(element("span", { class: "dim" }, `group ${entry.id}`));
    box.append(...findingButtons(entry.f || []));
    if (!entry.x) box.append(stackOf(entry));
    return box;
  }

  function details() {
    const i = view.chosen;
    if (i < 0) return $("details").replaceChildren();
    const pane = element("div", { class: "pane" });
    pane.append(element("h3", {}, nameOf(i)));
    if (frame[i] >= 0) pane.append(element("p", { class: "place" }, placeOf(frame[i])));
    pane.append(element("p", {}, `${counted(counts[i], "goroutine")}, ${share(i)}${movement(i)}`));
    const inside = shown.filter((entry) => entry.n >= i && entry.n < end[i]);
    const byState = new Map();
    const findings = new Set();
    for (const entry of inside) {
      byState.set(entry.s, (byState.get(entry.s) || 0) + countOf(entry));
      for (const f of entry.f || []) findings.add(f);
    }
    const states = [...byState].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, 8);
    pane.append(element("p", {}, states.map(([s, n]) => `${data.states[s]} ${number(n)}`).join(" · ")));
    const ordered = [...inside].sort((a, b) => holding.has(b) - holding.has(a) || countOf(b) - countOf(a));
    if (ordered.length !== 1) pane.append(...findingButtons([...findings].sort((a, b) => a - b).slice(0, 10)));
    for (const entry of ordered.slice(0, STACKS_SHOWN)) pane.append(groupDetails(entry));
    const rest = ordered.slice(STACKS_SHOWN);
    if (rest.length > 0) {
      const goroutines = rest.reduce((sum, entry) => sum + countOf(entry), 0);
      pane.append(element("p", { class: "dim" }, `… ${counted(rest.reduce((sum, entry) => sum + (entry.x || 1), 0), "more group")} with ${counted(goroutines, "goroutine")}`));
    }
    $("details").replaceChildren(pane);
  }

  function rows() {
    const own = shown.filter((entry) => !entry.x);
    const body = $("groups").tBodies[0];
    body.replaceChildren(...own.slice(0, view.rows).map((entry) => {
      const site = typeof entry.at === "number" ? entry.at : -1;
      const open = element("button", { type: "button", class: "row-button", title: "Show in the icicle" }, site < 0 ? "(no frames)" : functionOf(site));
      open.addEventListener("click", () => choose(entry.n, true));
      const where = element("td", {}, element("div", {}, open, " ", element("span", { class: "place" }, site < 0 ? "" : placeOf(site))));
      if (typeof entry.by === "number") where.append(element("div", { class: "dim" }, "created by ", element("span", { class: "name" }, functionOf(entry.by)), " ", element("span", { class: "place" }, placeOf(entry.by))));
      const n = element("td", { class: "number" }, number(countOf(entry)));
      if (data.comparison && view.label === "" && entry.k[0] !== entry.k[last]) n.append(element("div", { class: "dim" }, `${number(entry.k[0])} → ${number(entry.k[last])} (${signed(entry.k[last] - entry.k[0])})`));
      const verdict = data.verdicts[entry.v];
      return element("tr", {}, n, element("td", {}, text(entry.w)), where, element("td", { class: `verdict ${verdict}` }, verdict));
    }));
    const hidden = own.slice(view.rows).concat(shown.filter((entry) => entry.x));
    const goroutines = hidden.reduce((sum, entry) => sum + countOf(entry), 0);
    const groups = hidden.reduce((sum, entry) => sum + (entry.x || 1), 0);
    const line = $("more-groups");
    line.replaceChildren();
    if (groups > 0) line.append(`… ${counted(groups, "more group")} with ${counted(goroutines, "goroutine")} `);
    if (own.length > view.rows) {
      const more = element("button", { type: "button" }, "Show more");
      more.addEventListener("click", () => { view.rows += 200; rows(); });
      line.append(more);
    }
  }

  function refresh() {
    count();
    draw();
    legend();
    totals();
    details();
    rows();
  }

  const focusOn = (i) => {
    const at = drawn.get(i);
    if (!at) return;
    for (const other of $("icicle").querySelectorAll('[tabindex="0"]')) other.setAttribute("tabindex", "-1");
    at.node.setAttribute("tabindex", "0");
    at.node.focus({ preventScroll: false });
  };
  function choose(i, scroll) {
    if (view.zoom !== i) before.push(view.zoom);
    view.zoom = i;
    view.chosen = i;
    draw();
    details();
    focusOn(i);
    if (scroll) $("explorer").scrollIntoView({ block: "start" });
  }
  function back() {
    if (before.length === 0) return;
    const from = view.zoom;
    view.zoom = before.pop();
    view.chosen = view.zoom;
    draw();
    details();
    focusOn(drawn.has(from) ? from : view.zoom);
  }
  function reset() {
    Object.assign(view, { state: "", verdict: "", package: "", label: "", search: "", zoom: 0, chosen: -1, finding: -1, rows: ROWS_SHOWN, moment: data.sum ? "all" : String(last) });
    before.length = 0;
    for (const id of ["by-state", "by-verdict", "by-package", "by-label", "search"]) $(id).value = "";
    $("moment").value = view.moment;
    refresh();
  }

  // Where all stacks of a finding part, so that they fill the width.
  function showFinding(f) {
    Object.assign(view, { state: "", verdict: "", package: "", label: "", search: "", finding: f, moment: data.sum ? "all" : String(last) });
    for (const id of ["by-state", "by-verdict", "by-package", "by-label", "search"]) $(id).value = "";
    $("moment").value = view.moment;
    const nodes = entries.filter((entry) => (entry.f || []).includes(f)).map((entry) => entry.n);
    let common = nodes.length > 0 ? nodes[0] : 0;
    for (const i of nodes) while (!(i >= common && i < end[common])) common = parent[common];
    if (view.zoom !== common) before.push(view.zoom);
    view.zoom = common;
    view.chosen = common;
    refresh();
    $("explorer").scrollIntoView({ block: "start" });
    focusOn(common);
  }

  const fill = (id, options, chosen) => {
    $(id).replaceChildren(...options.map(([value, words]) => {
      const option = element("option", { value }, words);
      if (value === chosen) option.selected = true;
      return option;
    }));
  };
  const listed = (values, present) => [["", "all"]].concat(values.map((value, i) => [String(i), value]).filter(([i]) => present.has(Number(i))));
  const has = (key) => new Set(entries.map((entry) => entry[key]));
  fill("by-state", listed(data.states, has("s")), "");
  fill("by-verdict", listed(data.verdicts, has("v")), "");
  fill("by-package", listed(data.packages, has("p")), "");
  const labels = listed(data.labels, new Set(data.labels.keys()));
  if (data.rare_labels > 0) labels.push(["none", `${counted(data.rare_labels, "rarer label")} not listed`]);
  fill("by-label", labels, "");
  for (const option of $("by-label").options) if (option.value === "none") option.disabled = true;
  $("label-choice").hidden = data.labels.length === 0;
  const moments = data.moments.map((name, i) => [String(i), name]);
  fill("moment", data.sum ? [["all", "all"]].concat(moments) : moments, view.moment);
  $("moment-choice").hidden = data.moments.length < 2;
  const schemes = [["verdict", "verdict"], ["state", "wait state"]];
  fill("colour", data.comparison ? [["change", "change"]].concat(schemes) : schemes, view.colour);

  for (const [id, key] of [["by-state", "state"], ["by-verdict", "verdict"], ["by-package", "package"], ["by-label", "label"], ["moment", "moment"], ["colour", "colour"]]) {
    $(id).addEventListener("change", (event) => {
      view[key] = event.target.value;
      // Labels are told of all goroutines of a report, not of each moment.
      if (key === "label" && view.label !== "") $("moment").value = view.moment = data.sum ? "all" : String(last);
      if (key === "moment" && view.label !== "") $("by-label").value = view.label = "";
      view.rows = ROWS_SHOWN;
      refresh();
    });
  }
  let typing = 0;
  $("search").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => {
      view.search = $("search").value.trim();
      view.finding = -1;
      search();
      draw();
      totals();
      details();
    }, 120);
  });
  $("back").addEventListener("click", back);
  $("reset").addEventListener("click", reset);
  const nodeOf = (target) => {
    const at = target.closest ? target.closest("[data-node]") : null;
    return at ? Number(at.getAttribute("data-node")) : -1;
  };
  $("icicle").addEventListener("click", (event) => {
    const i = nodeOf(event.target);
    if (i >= 0) choose(i, false);
  });
  $("icicle").addEventListener("keydown", (event) => {
    const i = nodeOf(event.target);
    if (i < 0) return;
    const visible = (list) => list.filter((j) => drawn.has(j));
    let to = -1;
    switch (event.key) {
      case "Enter": case " ": choose(i, false); break;
      case "ArrowDown": [to = -1] = visible(below[i]); break;
      case "ArrowUp": to = i === 0 ? -1 : parent[i]; break;
      case "ArrowLeft": case "ArrowRight": {
        const level = [...drawn.keys()].filter((j) => depth[j] === depth[i]).sort((a, b) => drawn.get(a).x - drawn.get(b).x);
        const next = level[level.indexOf(i) + (event.key === "ArrowLeft" ? -1 : 1)];
        to = next === undefined ? -1 : next;
        break;
      }
      default: return;
    }
    event.preventDefault();
    if (to >= 0) focusOn(to);
  });
  document.addEventListener("keydown", (event) => {
    const typed = ["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName);
    if (typed || event.defaultPrevented || before.length === 0) return;
    if (event.key === "Escape" || event.key === "Backspace") {
      event.preventDefault();
      back();
    }
  });

  for (const card of document.querySelectorAll(".finding")) {
    const f = Number(card.id.slice("finding-".length));
    if (!entries.some((entry) => (entry.f || []).includes(f))) continue;
    const button = element("button", { type: "button", "data-show": f }, "Show its stacks");
    button.addEventListener("click", () => showFinding(f));
    card.append(button);
  }

  let folded = [];
  window.addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("main details:not([open])")];
    for (const fold of folded) fold.open = true;
  });
  window.addEventListener("afterprint", () => { for (const fold of folded) fold.open = false; });
  let resizing = 0;
  let wide = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth === wide) return;
    wide = window.innerWidth;
    clearTimeout(resizing);
    resizing = setTimeout(draw, 100);
  });

  $("explorer").hidden = false;
  refresh();
})();
