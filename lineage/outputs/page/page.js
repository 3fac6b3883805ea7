"use strict";
// The page of a graph. It requests nothing: the graph is in this file. Text is added to the page as text only, never as markup.
(() => {
  const BOX_TEXT = 15, BOX_SHAPE = 3.5;  // a box of fewer pixels in height has no text, or is only a dot in its kind's colour
  const MOST_FOUND = 12, ROWS = 300, EDGES = 60, GAPS = 100;
  const LEAST_ZOOM = 0.002, MOST_ZOOM = 4, READABLE = 0.92;  // names of 11 pixels
  const WHOLE = 0.7;  // names of 8 pixels: the page opens with a whole lineage as long as they are no smaller
  const HIGH = 44, LINE = 15, PAD = 24;
  const UP = 1, DOWN = 2, HERE = 3;
  const FILTERS = { kind: "Kinds", account: "Accounts", status: "Status" };

  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const canvas = $("graph"), stage = $("stage"), panel = $("panel"), search = $("search"), found = $("found");

  // --- the graph ---------------------------------------------------------------------------------------------------

  const word = (number) => (number === null ? null : data.words[number]);
  const flows = new Set(data.flows);
  const nodes = data.nodes.id.map(nodeAt);
  const edges = data.edges.source.map(edgeAt);
  for (const edge of edges) {
    nodes[edge.source].out.push(edge);
    nodes[edge.target].into.push(edge);
  }
  data.gaps.forEach((gap) => { if (gap.node !== null) nodes[gap.node].gaps.push(gap); });

  function nodeAt(id, at) {
    const column = data.nodes;
    const told = (name) => word(column[name][at]);
    const node = {
      at, id, x: 0, y: 0, width: 1, height: 1, lines: [], out: [], into: [], gaps: [], hidden: false,
      label: column.label[at], name: column.name[at] ?? column.label[at], kind: told("kind"), below: told("below"), account: told("account"),
      region: told("region"), status: told("status"), created: column.created[at], modified: column.modified[at],
      observed: column.observed[at] === 1, more: column.more[at], url: column.url[at], record: column.record[at],
    };
    node.words = `${node.label}\n${node.name}\n${id}`.toLowerCase();
    return node;
  }

  function edgeAt(source, at) {
    const column = data.edges, told = (name) => word(column[name][at]);
    const edge = {
      source, target: column.target[at], relation: told("relation"), role: told("role"), usage: told("usage"),
      path: told("path"), evidence: told("evidence"), time: told("time"), points: [],
    };
    edge.flows = flows.has(edge.relation);
    const notNow = edge.relation === "configures" && ["past", "pending"].includes(edge.role);
    edge.dash = edge.evidence !== "declared" ? 1 : edge.flows && !notNow ? 0 : 2;
    return edge;
  }

  let isDown = false;

  /** Places nodes and edges as a layout says. The second layout runs down: its numbers are those of one that runs to the right.
      A node that is not in the layout is `away`: of a large graph the second layout has only what the page opens at. */
  function lay(which) {
    const { box, lines, points } = data.layouts[which];
    isDown = which === 1;
    for (const node of nodes) {
      node.away = !box[node.at];
      if (node.away) continue;
      const [one, other, along, across] = box[node.at];
      [node.x, node.y, node.width, node.height] = isDown ? [other, one, across, along] : [one, other, along, across];
      node.lines = lines[node.at] ?? [node.label];
      node.cut = undefined;
    }
    edges.forEach((edge, at) => points[at] && bound(edge, points[at]));
  }

  function bound(edge, points) {
    edge.points = isDown ? points.map((_, n) => points[n % 2 ? n - 1 : n + 1]) : points;
    const xs = edge.points.filter((_, n) => n % 2 === 0), ys = edge.points.filter((_, n) => n % 2 === 1);
    edge.left = Math.min(...xs); edge.right = Math.max(...xs); edge.top = Math.min(...ys); edge.bottom = Math.max(...ys);
  }

  /** All that a node reaches along the edges on which data flows. */
  function reach(start, list, end) {
    const reached = new Set(), todo = [start];
    while (todo.length) {
      for (const edge of todo.pop()[list]) {
        const next = nodes[edge[end]];
        if (edge.flows && next !== start && !reached.has(next)) {
          reached.add(next);
          todo.push(next);
        }
      }
    }
    return reached;
  }

  // --- what is shown -----------------------------------------------------------------------------------------------

  const view = { x: 0, y: 0, zoom: 1, width: 1, height: 1, dots: 1 };
  const unwanted = { kind: new Set(), account: new Set(), status: new Set() };
  let before = null;  // the view to go back to from paper
  let placed = null;  // how the page last placed what is in sight, and where that was
  let now = null, lit = null, open = null, colours = {};

  const value = (node, what) => node[what] ?? "none";  // "unknown" is a verdict
  const called = (kind) => data.kinds[kind][2];
  const many = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
  const light = (node) => (!lit ? 0 : node === now ? HERE : lit.up.has(node) ? UP : lit.down.has(node) ? DOWN : -1);

  function choose(node) {
    now = node;
    lit = node && { up: reach(node, "into", "source"), down: reach(node, "out", "target") };
    say();
    listed();
    warn();
    draw();
  }

  /** The button counts the gaps on what is lit, in red; if there are none, it says that its gaps are those of the whole snapshot. */
  function warn() {
    const here = data.gaps.filter((gap) => lit && touches(gap)).length, all = data.gaps.length;
    const none = data.scope.unread.length ? "Incomplete" : "No gaps";
    $("about-button").textContent = here ? `${many(here, "gap")} here` : all ? `Snapshot: ${many(all, "gap")}` : none;
    $("about-button").classList.toggle("holes", here > 0);
    $("about-button").title = `What was looked at, and what could not be read${lit ? `: ${here ? many(here, "gap") : "no gap"} on the lit path` : ""}`;
  }

  function say() {
    const shown = nodes.filter((node) => !node.hidden).length;
    const away = nodes.filter((node) => node.away).length;
    const all = shown === nodes.length ? many(shown, "node") : `${shown.toLocaleString("en")} of ${many(nodes.length, "node")}`;
    $("said").textContent = now
      ? `${called(now.kind)} ${now.name}${now.hidden ? " (hidden by a filter)" : ""} · ${counted(lit.up)} upstream · ${counted(lit.down)} downstream${away ? ` · ⤢ shows ${away.toLocaleString("en")} more` : ""}`
      : `${all} · ${many(edges.length, "edge")}`;
  }

  function counted(set) {
    const hidden = [...set].filter((node) => node.hidden).length;
    return set.size.toLocaleString("en") + (hidden ? ` (${hidden.toLocaleString("en")} hidden)` : "");
  }

  function go(node) {
    if (node.away) lay(0);
    choose(node);
    view.zoom = Math.max(view.zoom, READABLE);
    centre(node);
    canvas.focus({ preventScroll: true });
  }

  /** Opens the panel, and moves the node out from under it. */
  function uncovered(node) {
    detail(node);
    const low = (node.y + node.height - view.y) * view.zoom + 24;
    if (low > free()) view.y += (low - free()) / view.zoom;
    const right = (node.x + node.width - view.x) * view.zoom + 24;
    if (right > freeWidth()) view.x += Math.min(right - freeWidth(), (node.x - view.x) * view.zoom - 12) / view.zoom;
    draw();
  }

  function show(node) {
    if (isNarrow()) toggleFilters(false);
    detail(node);
    go(node);
  }

  /** The height and the width that the panel leaves free: in a narrow window it covers a part of the graph. */
  const free = () => view.height - (isPhone() ? panel.offsetHeight : 0);
  const freeWidth = () => view.width - (isNarrow() && !isPhone() ? panel.offsetWidth : 0);

  function centre(node) {
    view.x = node.x + node.width / 2 - freeWidth() / view.zoom / 2;
    view.y = node.y + node.height / 2 - free() / view.zoom / 2;
    draw();
  }

  const size = () => `${innerWidth} × ${innerHeight}`;

  /** Places what is in sight, and again in a window of another size, until somebody moves it. */
  function settle(how) {
    how();
    placed = { how, size: size(), x: view.x, y: view.y, zoom: view.zoom };
  }

  const isUnmoved = () => placed && placed.x === view.x && placed.y === view.y && placed.zoom === view.zoom;

  /** Shows all nodes, or those that are wanted, as large as they fit. */
  function fit(wanted = nodes) {
    settle(() => frame(wanted));
  }

  function frame(wanted) {
    arrange(wanted);
    const room = roomOf(wanted);
    if (!room) return;
    view.zoom = room.zoom;
    view.x = room.left + room.wide / 2 - view.width / view.zoom / 2;
    view.y = room.top + room.high / 2 - view.height / view.zoom / 2;
    say();
    draw();
  }

  const isShown = (node) => !node.hidden && !node.away;

  /** Takes the layout in which these nodes are larger, among the layouts that have all of them. */
  function arrange(wanted) {
    const zooms = data.layouts.map((_, which) => {
      lay(which);
      return wanted.some((node) => node.away) ? 0 : roomOf(wanted)?.zoom ?? 0;
    });
    lay(zooms[1] > zooms[0] * 1.05 ? 1 : 0);
  }

  const isPhone = () => innerWidth <= 600;
  const isNarrow = () => innerWidth <= 900;  // filters and details cover the graph
  const foot = () => (isPhone() ? 104 : 58);  // pixels that the line below the graph and the buttons take up

  /** The box around some nodes, and the zoom at which it fits the screen. */
  function roomOf(wanted) {
    const shown = wanted.filter(isShown);
    if (!shown.length) return null;
    const left = least(shown, (node) => node.x), top = least(shown, (node) => node.y);
    const wide = -least(shown, (node) => -node.x - node.width) - left, high = -least(shown, (node) => -node.y - node.height) - top;
    const zoomed = Math.min((view.width - 2 * PAD) / wide, (view.height - PAD - foot()) / high, 1.25);
    return { left, top: top + (foot() - PAD) / 2 / zoomed, wide, high, zoom: zoomed };
  }

  /** The page opens with the whole lineage of a node, in the layout that shows it larger; where names would be too small, at the node. */
  function openAt(node) {
    if (node) choose(node);
    const answer = node ? [node, ...lit.up, ...lit.down] : nodes;
    const around = lit;
    settle(() => {
      frame(answer);
      if (node && view.zoom < WHOLE) near(node, answer, around);
    });
  }

  /** At a size that can be read, with the node where most of its lineage is in sight. */
  function near(node, answer, around) {
    view.zoom = READABLE;
    const share = !around.down.size ? 1 : !around.up.size ? 0 : 0.5;  // before it, behind it, or on both sides
    const [wide, high] = [view.width / READABLE, (view.height - foot()) / READABLE], room = roomOf(answer);
    const start = (at, size, all, from, length, part) =>
      (length + 2 * PAD <= all ? from + length / 2 - all / 2 : at - PAD - (all - size - 2 * PAD) * part);
    view.x = start(node.x, node.width, wide, room.left, room.wide, isDown ? 0.5 : share);
    view.y = start(node.y, node.height, high, least(answer, (one) => one.y), room.high, isDown ? share : 0.5);
    draw();
  }

  const least = (list, of) => list.reduce((so, one) => Math.min(so, of(one)), Infinity);

  function zoom(factor, x = view.width / 2, y = view.height / 2) {
    const wanted = Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, view.zoom * factor));
    view.x += x / view.zoom - x / wanted;
    view.y += y / view.zoom - y / wanted;
    view.zoom = wanted;
    draw();
  }

  // --- drawing -----------------------------------------------------------------------------------------------------

  const context = canvas.getContext("2d", { alpha: false });
  let waiting = false;

  function draw() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; paint(context, view); });
  }

  function paint(pen, at) {
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.globalAlpha = 1;
    pen.fillStyle = colours.paper;
    pen.fillRect(0, 0, pen.canvas.width, pen.canvas.height);
    const scale = at.zoom * at.dots;
    pen.setTransform(scale, 0, 0, scale, -at.x * scale, -at.y * scale);
    const seen = { left: at.x, top: at.y, right: at.x + at.width / at.zoom, bottom: at.y + at.height / at.zoom };
    lines(pen, at, edges.filter((edge) => isSeen(edge, seen)));
    const boxes = nodes.filter((node) => isShown(node) && inside(node, seen));
    const tall = HIGH * at.zoom;
    if (tall < BOX_SHAPE) dots(pen, at, boxes);
    else boxes.forEach((node) => box(pen, at, node, tall >= BOX_TEXT));
    pen.globalAlpha = 1;
  }

  const inside = (node, seen) =>
    node.x < seen.right && node.x + node.width > seen.left && node.y < seen.bottom && node.y + node.height > seen.top;

  const isSeen = (edge, seen) =>
    edge.left < seen.right && edge.right > seen.left && edge.top <= seen.bottom && edge.bottom >= seen.top
    && isShown(nodes[edge.source]) && isShown(nodes[edge.target]);

  function lines(pen, at, shown) {
    const groups = new Map();
    for (const edge of shown) {
      const style = `${edgeLight(edge)} ${edge.dash}`;
      if (!groups.has(style)) groups.set(style, []);
      groups.get(style).push(edge);
    }
    const straight = HIGH * at.zoom < BOX_SHAPE;
    for (const style of [...groups.keys()].sort()) {  // "-1" first: lit edges are drawn last, above the others
      const [lightness, dash] = style.split(" ").map(Number);
      strokeAll(pen, at, groups.get(style), lightness, straight ? 0 : dash, straight);
    }
    pen.setLineDash([]);
  }

  /** An edge is lit where data flows on it to the chosen node, or from it. */
  function edgeLight(edge) {
    if (!lit) return 0;
    const source = nodes[edge.source], target = nodes[edge.target];
    if (edge.flows && lit.up.has(source) && (target === now || lit.up.has(target))) return UP;
    return edge.flows && lit.down.has(target) && (source === now || lit.down.has(source)) ? DOWN : -1;
  }

  function strokeAll(pen, at, some, lightness, dash, straight) {
    pen.globalAlpha = straight && !lightness ? 0.45 : 1;
    pen.strokeStyle = lightness === UP ? colours.up : lightness === DOWN ? colours.down : lightness < 0 ? colours.edge : colours.line;
    pen.lineWidth = Math.max(lightness > 0 ? 2.2 : 1.2, (lightness > 0 ? 1.3 : 0.6) / at.zoom);
    pen.setLineDash([[], [7, 5], [1.5, 5]][dash]);
    pen.beginPath();
    for (const edge of some) straight ? chord(pen, edge.points) : trace(pen, edge.points);
    pen.stroke();
    if (!straight && at.zoom > 0.25) some.forEach((edge) => arrow(pen, edge.points));
  }

  function chord(pen, points) {
    pen.moveTo(points[0], points[1]);
    pen.lineTo(points.at(-2), points.at(-1));
  }

  /** Every second piece is a curve: horizontal at both ends, or vertical where the graph runs down. */
  function trace(pen, points) {
    pen.moveTo(points[0], points[1]);
    for (let n = 2; n < points.length; n += 2) {
      const [x, y, toX, toY] = [points[n - 2], points[n - 1], points[n], points[n + 1]];
      if (n % 4 === 2 || x === toX || y === toY) pen.lineTo(toX, toY);
      else if (isDown) pen.bezierCurveTo(x, (y + toY) / 2, toX, (y + toY) / 2, toX, toY);
      else pen.bezierCurveTo((x + toX) / 2, y, (x + toX) / 2, toY, toX, toY);
    }
  }

  /** The direction in which a line ends, horizontal or vertical: that of its last piece that has a length. */
  function turnOf(points, x, y) {
    for (let n = points.length - 4; n >= 0; n -= 2) {
      const across = x - points[n], up = y - points[n + 1], isCurve = n % 4 === 2;
      if (isCurve && (across || up)) return isDown ? [0, Math.sign(up) || 1] : [Math.sign(across) || 1, 0];
      if (across || up) return Math.abs(across) >= Math.abs(up) ? [Math.sign(across), 0] : [0, Math.sign(up)];
    }
    return [1, 0];
  }

  function arrow(pen, points) {
    const x = points.at(-2), y = points.at(-1), turn = turnOf(points, x, y);
    pen.fillStyle = pen.strokeStyle;
    pen.beginPath();
    pen.moveTo(x, y);
    pen.lineTo(x - 8 * turn[0] - 3.6 * turn[1], y - 8 * turn[1] - 3.6 * turn[0]);
    pen.lineTo(x - 8 * turn[0] + 3.6 * turn[1], y - 8 * turn[1] + 3.6 * turn[0]);
    pen.fill();
  }

  function dots(pen, at, some) {
    const groups = Map.groupBy(some, (node) => `${light(node) < 0 ? 0 : 1} ${dotColour(node)}`);
    const grown = Math.max(0, 2.2 / at.zoom - HIGH) / 2;  // nothing gets so small that it cannot be seen
    for (const key of [...groups.keys()].sort()) {
      pen.globalAlpha = key[0] === "0" ? 0.25 : 1;
      pen.fillStyle = key.slice(2);
      for (const node of groups.get(key)) pen.fillRect(node.x, node.y - grown, node.width, node.height + 2 * grown);
    }
  }

  function dotColour(node) {
    if (node === now) return colours.accent;
    return isHole(node) ? colours.hole : data.kinds[node.kind][1];
  }

  /** Something of it could not be read, and it is on the lit path, where there is one. */
  const isHole = (node) => node.gaps.length > 0 && light(node) >= 0;

  function box(pen, at, node, text) {
    const dim = light(node) < 0, gone = !node.observed;
    pen.globalAlpha = dim && !text ? 0.3 : 1;
    pen.beginPath();
    pen.roundRect(node.x, node.y, node.width, node.height, 7);
    pen.fillStyle = node === now ? colours["accent-soft"] : !text ? data.kinds[node.kind][1] : dim ? colours.paper : colours.card;
    pen.fill();
    pen.setLineDash(gone ? [5, 3] : []);
    pen.lineWidth = isHole(node) || node === now ? Math.max(2, 1.6 / at.zoom) : 1;
    pen.strokeStyle = isHole(node) ? colours.hole : node === now ? colours.accent : gone && !dim ? colours.line : rim(node);
    pen.stroke();
    pen.setLineDash([]);
    if (text) caption(pen, node, dim);
  }

  const rim = (node) => (light(node) === UP ? colours.up : light(node) === DOWN ? colours.down : colours.rim);

  function caption(pen, node, dim) {
    const failed = ["Failed", "Stopped", "Stopping", "OutOfService"].includes(node.status), room = node.width - 37 - 8;
    pen.globalAlpha = dim ? 0.4 : 1;
    icon(pen, data.kinds[node.kind], node.x + 20, node.y + node.height / 2);
    pen.globalAlpha = 1;
    pen.font = `${dim ? 400 : 600} 12px system-ui, sans-serif`;
    pen.fillStyle = dim ? colours.soft : colours.ink;
    cut(pen, node, room).forEach((line, n) => pen.fillText(line, node.x + 37, node.y + 18 + LINE * n));
    pen.font = "11px system-ui, sans-serif";
    pen.fillStyle = failed && !dim ? colours.hole : colours.soft;
    pen.fillText(node.below, node.x + 37, node.y + node.height - 10, room);
  }

  /** The lines of the name, the middle of each left out until it fits: names differ at their ends. */
  function cut(pen, node, room) {
    node.cut ??= node.lines.map((line) => fitting(pen, line, room));
    return node.cut;
  }

  function fitting(pen, line, room) {
    const whole = [...plain(line)];
    let kept = whole.join(""), width = pen.measureText(kept).width;
    for (let half = Math.floor((whole.length * room) / width / 2); width > room && half > 1; half -= 1) {
      kept = `${whole.slice(0, half).join("")}…${whole.slice(-half).join("")}`;
      width = pen.measureText(kept).width;
    }
    return kept;
  }

  const plain = (text) => text.slice(0, 400).replace(/[\u0000-\u001f\u007f-\u009f]/g, "·").replace(/[\u202a-\u202e\u2066-\u2069]/g, "");

  // --- the icons ---------------------------------------------------------------------------------------------------

  const paths = new Map();
  const pathOf = (said) => paths.get(said) ?? paths.set(said, new Path2D(said)).get(said);

  function icon(pen, [path, colour], x, y, size = 1) {
    pen.save();
    pen.translate(x, y);
    pen.scale(size, size);
    const shape = pathOf(path);
    pen.fillStyle = colour;
    pen.strokeStyle = colours.stroke;
    pen.lineWidth = 0.9;
    pen.fill(shape);
    pen.stroke(shape);
    pen.restore();
  }

  function iconOf(kind) {
    const small = element("canvas", { className: "icon", width: 36, height: 36, ariaHidden: "true" });
    small.dataset.kind = kind;
    iconAgain(small);
    return small;
  }

  function iconAgain(small) {
    const pen = small.getContext("2d");
    pen.clearRect(0, 0, 36, 36);
    icon(pen, data.kinds[small.dataset.kind], 18, 18, 1.85);
  }

  function theme() {
    const style = getComputedStyle(document.documentElement);
    for (const name of ["paper", "card", "edge", "rim", "ink", "soft", "line", "up", "down", "hole", "accent", "accent-soft", "stroke"]) {
      colours[name] = style.getPropertyValue(`--${name}`).trim();
    }
    document.querySelectorAll("canvas.icon").forEach(iconAgain);
  }

  function measure() {
    const { width, height } = stage.getBoundingClientRect();
    if (!width || !height) return;
    view.dots = window.devicePixelRatio || 1;
    [view.width, view.height] = [width, height];
    [canvas.width, canvas.height] = [Math.round(width * view.dots), Math.round(height * view.dots)];
    if (isUnmoved() && placed.size !== size()) settle(placed.how);
    paint(context, view);
  }

  // --- building elements -----------------------------------------------------------------------------------------------

  function element(tag, properties = {}, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
    return made;
  }

  /** Words with a command in backticks, as elements. A text with an odd number of backticks stays as it is. */
  function coded(words) {
    const pieces = words.split("`");
    return pieces.length % 2 ? pieces.map((piece, n) => (n % 2 ? text("code", piece) : piece)) : [words];
  }

  const note = (words) => element("p", { className: "note" }, ...coded(words));
  const text = (tag, words, className = "") => element(tag, { className, textContent: words });
  const button = (words, onclick, className = "") => element("button", { type: "button", textContent: words, onclick, className });
  const link = (node) => Object.assign(button(node.label, () => show(node), "go name"), { title: node.id });

  /** The first items of a long list, and a button for more of them. */
  function some(list, most, make, into) {
    into.append(...list.slice(0, most).map(make));
    const left = list.length - most;
    if (left <= 0) return;
    const more = button(`${Math.min(left, most).toLocaleString("en")} more of ${left.toLocaleString("en")}`, () => {
      more.remove();
      some(list.slice(most), most, make, into);
    }, "more");
    into.append(into.tagName === "TBODY" ? element("tr", {}, element("td", { colSpan: 8 }, more)) : more);
  }

  // --- the panel -------------------------------------------------------------------------------------------------------

  function openPanel(...content) {
    panel.hidden = false;
    panel.replaceChildren(...content.flat().filter(Boolean));
    panel.scrollTop = 0;
    measure();
  }

  function closePanel() {
    panel.hidden = true;
    open = null;
    measure();
    canvas.focus({ preventScroll: true });
  }

  const closer = () => Object.assign(button("×", closePanel, "close"), { title: "Close (Esc)", ariaLabel: "Close" });
  const top = (heading, under, mark) =>
    element("div", { className: "top" }, mark, element("div", {}, text("h2", heading, "name"), text("p", under, "note")), closer());

  function detail(node) {
    open = node;
    const up = reach(node, "into", "source"), down = reach(node, "out", "target");
    const gone = node.observed ? "" : " · named by other records, not observed";
    openPanel(
      top(node.name, called(node.kind) + gone, iconOf(node.kind)),
      buttonsOf(node, up, down),
      element("p", { className: "counts" }, text("span", `${counted(up)} upstream`, "up"), text("span", `${counted(down)} downstream`, "down")),
      facts(node),
      holes(node.gaps),
      evidence("Incoming", node.into, "source"),
      evidence("Outgoing", node.out, "target"),
      recordOf(node),
    );
  }

  function buttonsOf(node, up, down) {
    const copy = button("Copy id", () => copied(copy, node.id));
    const console = node.url && element("a", { href: node.url, target: "_blank", rel: "noopener noreferrer", textContent: "AWS console ↗" });
    return element("div", { className: "buttons" }, copy, button("Fit its lineage", () => fit([node, ...up, ...down])), console);
  }

  async function copied(knob, words) {
    try {
      await navigator.clipboard.writeText(words);
    } catch {
      const field = element("textarea", { value: words });
      document.body.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
    }
    knob.textContent = "Copied";
    setTimeout(() => { knob.textContent = "Copy id"; }, 1500);
  }

  const FACTS = { isolated: "network isolation" }, YES_NO = { true: "yes", false: "no" };

  function facts(node) {
    const told = {
      id: node.id, status: node.status, account: node.account, region: node.region, created: node.created, modified: node.modified,
      ...node.more,
    };
    const list = element("dl", { className: "facts" });
    for (const [name, said] of Object.entries(told)) {
      if (said === null || said === "" || said === undefined) continue;
      const flat = Array.isArray(said) && said.every((one) => typeof one !== "object");
      const words = flat ? said.join(", ") : typeof said === "string" ? said : YES_NO[said] ?? JSON.stringify(said);
      list.append(element("div", {}, text("dt", FACTS[name] ?? name.replaceAll("_", " ")), text("dd", words)));
    }
    return list;
  }

  const holes = (gaps) => gaps.length ? [text("h3", many(gaps.length, "gap")), ...gaps.map(gapItem)] : null;

  /** Whether a gap is about something that is lit, or chosen; without light, whether it is about anything in this page. */
  const touches = (gap) => gap.node !== null && light(nodes[gap.node]) >= 0;

  function gapItem(gap) {
    const about = gap.node === null ? text("small", gap.subject) : element("small", {}, link(nodes[gap.node]));
    return element("div", { className: "item" }, text("span", gap.reason, touches(gap) ? "hole" : "reason"), ` ${gap.operation} `, ...coded(gap.detail), about);
  }

  function evidence(title, list, end) {
    if (!list.length) return null;
    const items = element("div");
    some(list, EDGES, (edge) => edgeItem(edge, nodes[edge[end]]), items);
    return [text("h3", `${title}: ${many(list.length, "edge")}`), items];
  }

  function edgeItem(edge, other) {
    const how = [edge.role, edge.usage && `(${edge.usage})`].filter(Boolean).join(" ");
    const said = [edge.path, edge.evidence, edge.time && edge.time.replace("/", " to ")].filter(Boolean).join(" · ");
    return element("div", { className: "item" }, `${edge.relation} ${how} `, link(other), text("small", said));
  }

  function recordOf(node) {
    const missing = node.id.includes("://")
      ? "A location, known from the records that read or write it. S3 itself was not read."
      : node.observed ? data.without_records || "The record is not in this page." : "No record: other records name it, but it was not observed.";
    const shown = node.record === null ? note(missing) : Object.assign(text("pre", node.record), { tabIndex: 0 });
    const isCut = node.record !== null && data.cut.includes(node.at);
    return [text("h3", "Record"), shown, isCut ? note("Shortened: `lineage show` prints all of it.") : null];
  }

  function about() {
    open = "about";
    const scope = data.scope;
    const lists = scope.unread.length
      ? `${many(scope.unread.length, "incomplete list")}; a missing node of these kinds proves nothing: ${scope.unread.join("; ")}`
      : "Every list of every kind is complete.";
    const holesIn = element("div");
    some(data.gaps, GAPS, gapItem, holesIn);
    openPanel(
      top("What was looked at", data.title),
      element("dl", { className: "facts" }, ...[
        ["accounts", scope.accounts.join(", ")], ["regions", scope.regions.join(", ")],
        ...scope.crawls.map((crawl) => [`crawl ${crawl.id}`, `${crawl.started} as ${crawl.caller}${crawl.complete ? "" : " · interrupted"}`]),
        ["in this page", `${many(nodes.length, "node")}, ${many(edges.length, "edge")}${data.left_out ? ` · ${data.left_out}` : ""}`],
        ["records", data.without_records || "of every node that has one"],
      ].map(([name, said]) => element("div", {}, text("dt", name), element("dd", {}, ...coded(said))))),
      text("h3", "What could not be read in the whole snapshot"),
      text("p", lists, "note"),
      data.gaps.length ? holesIn : text("p", "No other gaps.", "note"),
      note("Edges are what the records say: times are not checked. `lineage trace` and `lineage impact` check them."),
    );
    panel.focus();
  }

  // --- search ------------------------------------------------------------------------------------------------------------

  let hits = [], pick = 0;

  function look() {
    const wanted = search.value.trim().toLowerCase();
    hits = wanted ? nodes.filter((node) => node.words.includes(wanted)).sort((a, b) => rank(a, wanted) - rank(b, wanted) || a.name.length - b.name.length) : [];
    pick = 0;
    offer(wanted);
    listed();
  }

  const rank = (node, wanted) => {
    const name = node.name.toLowerCase();
    if (name === wanted || node.id.toLowerCase() === wanted) return 0;
    return (node.hidden ? 4 : 1) + (name.startsWith(wanted) ? 0 : name.includes(wanted) ? 1 : 2);
  };

  function offer(wanted) {
    const rows = hits.slice(0, MOST_FOUND).map((node, at) => offered(node, at));
    if (wanted && !hits.length) rows.push(text("li", "No node has this in its name or URI.", "none"));
    if (hits.length > MOST_FOUND) rows.push(text("li", `and ${(hits.length - MOST_FOUND).toLocaleString("en")} more`, "none"));
    found.replaceChildren(...rows);
    found.hidden = !wanted;
    search.setAttribute("aria-expanded", String(Boolean(wanted)));
    mark();
  }

  function offered(node, at) {
    const row = element("li", { id: `found-${at}`, role: "option" }, text("span", node.label, "name"), text("small", `${called(node.kind)} · ${node.id}`));
    row.onpointerdown = (event) => { event.preventDefault(); arrive(node); };
    return row;
  }

  function mark() {
    [...found.children].forEach((row, at) => row.role === "option" && row.setAttribute("aria-selected", String(at === pick)));
    if (hits.length && !found.hidden) search.setAttribute("aria-activedescendant", `found-${pick}`);
    else search.removeAttribute("aria-activedescendant");
    found.children[pick]?.scrollIntoView({ block: "nearest" });
  }

  function arrive(node) {
    search.value = "";
    shut();
    if (!$("table").hidden) toggleTable();
    show(node);
  }

  function shut() {
    found.hidden = true;
    search.setAttribute("aria-expanded", "false");
    search.removeAttribute("aria-activedescendant");
  }

  function searchKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key], most = Math.min(hits.length, MOST_FOUND);
    if (step && most) {
      pick = (pick + step + most) % most;
      mark();
    } else if (event.key === "Enter" && hits[pick]) arrive(hits[pick]);
    else if (event.key === "Escape") {
      search.value = "";
      look();
      shut();
      canvas.focus({ preventScroll: true });
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // --- filters and legend ---------------------------------------------------------------------------------------------------

  function filters() {
    const parts = Object.entries(FILTERS).flatMap(([what, title]) => filter(what, title));
    $("filters").replaceChildren(...parts, ...legend());
  }

  function filter(what, title) {
    const counts = new Map();
    nodes.forEach((node) => counts.set(value(node, what), (counts.get(value(node, what)) ?? 0) + 1));
    const rows = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([said, count]) => boxOf(what, said, count));
    const all = button("all", () => want(what, rows, rows.some((row) => !row.control.checked)));
    all.title = `Show or hide all: ${title.toLowerCase()}`;
    const group = element("div", { role: "group", ariaLabel: title }, ...rows);
    return [element("h2", {}, title, all), group];
  }

  function boxOf(what, said, count) {
    const check = element("input", { type: "checkbox", checked: true, name: what, value: said });
    check.onchange = () => { unwanted[what][check.checked ? "delete" : "add"](said); filtered(); };
    const sign = what === "kind" ? iconOf(said) : null;
    return element("label", {}, check, sign, text("span", what === "kind" ? called(said) : said), text("b", count.toLocaleString("en")));
  }

  function want(what, rows, wanted) {
    for (const row of rows) {
      row.control.checked = wanted;
      unwanted[what][wanted ? "delete" : "add"](row.control.value);
    }
    filtered();
  }

  function filtered() {
    for (const node of nodes) node.hidden = Object.keys(FILTERS).some((what) => unwanted[what].has(value(node, what)));
    say();
    listed();
    if (open && open !== "about") detail(open);
    draw();
  }

  /** What lines and borders mean, of those that this graph has. */
  function legend() {
    const row = (looks, words, isThere) =>
      isThere && element("p", { className: "line" }, element("i", { className: looks, ariaHidden: "true" }), words);
    const drawn = (dash) => edges.some((edge) => edge.dash === dash);
    const rows = [
      row("", "stated in a record", drawn(0)), row("dashed", "matched, or mentioned only in text or by people", drawn(1)),
      row("dotted", "recorded by, member of, or a past or pending config", drawn(2)),
      row("up", "upstream of the selected node", edges.length), row("down", "downstream of it", edges.length),
      row("box", "named, not observed", nodes.some((node) => !node.observed)),
      row("box hole", "something could not be read", nodes.some((node) => node.gaps.length)),
    ].filter(Boolean);
    return rows.length ? [text("h2", "Lines and borders"), ...rows] : [];
  }

  function toggleFilters(shown = $("filters").hidden) {
    $("filters").hidden = !shown;
    $("filters-button").setAttribute("aria-pressed", String(shown));
    measure();
  }

  // --- the table ----------------------------------------------------------------------------------------------------------

  const COLUMNS = { kind: "Kind", name: "Name", account: "Account", region: "Region", status: "Status", created: "Created", light: "Chosen", id: "Id" };
  const LIGHTS = { [HERE]: "this", [UP]: "upstream", [DOWN]: "downstream" };
  let order = { by: "kind", down: false };

  function toggleTable() {
    const shown = $("table").hidden;
    $("table").hidden = !shown;
    $("table-button").setAttribute("aria-pressed", String(shown));
    $("zoom").hidden = $("said").hidden = shown;
    listed();
    if (shown) $("table").querySelector("button")?.focus();
    else draw();
  }

  const cell = (node, name) => (name === "light" ? bothLights(node) : node[name === "name" ? "label" : name] ?? "");
  const bothLights = (node) => (lit?.up.has(node) && lit.down.has(node) ? "upstream, downstream" : LIGHTS[light(node)] ?? "");

  function listed() {
    if ($("table").hidden) return;
    const wanted = search.value.trim().toLowerCase();
    const rows = nodes.filter((node) => !node.hidden && (!wanted || node.words.includes(wanted))).sort(byOrder);
    const body = element("tbody");
    some(rows, before ? rows.length : ROWS, tableRow, body);
    const head = element("tr", {}, ...Object.keys(COLUMNS).map(heading));
    const heads = text("caption", `${many(rows.length, "node")} of ${nodes.length.toLocaleString("en")}`, "note");
    $("table").replaceChildren(element("table", {}, heads, element("thead", {}, head), body));
  }

  function byOrder(a, b) {
    const [one, other] = [cell(a, order.by), cell(b, order.by)];
    return (one < other ? -1 : one > other ? 1 : a.at - b.at) * (order.down ? -1 : 1);
  }

  function heading(name) {
    const sorted = order.by === name;
    const knob = button(COLUMNS[name] + (sorted ? (order.down ? " ↓" : " ↑") : ""), () => {
      order = { by: name, down: sorted && !order.down };
      listed();
      $("table").querySelectorAll("th button")[Object.keys(COLUMNS).indexOf(name)].focus();
    });
    const made = element("th", { scope: "col" }, knob);
    made.setAttribute("aria-sort", sorted ? (order.down ? "descending" : "ascending") : "none");
    return made;
  }

  function tableRow(node) {
    const words = (name) => text("td", name === "kind" ? called(node.kind) : cell(node, name), name === "id" ? "wide name" : "");
    const row = element("tr", { className: node === now ? "now" : "" }, ...Object.keys(COLUMNS).map(
      (name) => (name === "name" ? element("td", { className: "wide" }, rowLink(node)) : words(name))));
    row.dataset.node = node.id;
    return row;
  }

  const rowLink = (node) => Object.assign(button(node.label, () => { choose(node); detail(node); panel.focus(); }, "go name"), { title: node.id });

  // --- keys, mouse and touch ---------------------------------------------------------------------------------------------------

  const KEYS = {
    "+": () => zoom(1.3), "=": () => zoom(1.3), "-": () => zoom(1 / 1.3), 0: () => fit(), f: () => fit(), t: toggleTable, l: () => toggleFilters(),
    "/": () => search.focus(), "?": () => $("help").showModal(),
  };
  const TURNED = { ArrowDown: "ArrowRight", ArrowUp: "ArrowLeft", ArrowLeft: "ArrowUp", ArrowRight: "ArrowDown" };
  const MOVES = { ArrowRight: ["out", "target"], ArrowLeft: ["into", "source"], ArrowUp: -1, ArrowDown: 1 };

  function key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || $("help").open || event.target === search) return;
    if (event.key === "Escape") back();
    else if (KEYS[event.key]) KEYS[event.key]();
    else if (event.target === canvas && MOVES[event.key]) move(MOVES[isDown ? TURNED[event.key] : event.key]);
    else if (event.target === canvas && event.key === "Enter" && now) uncovered(now);
    else return;
    event.preventDefault();
  }

  function back() {
    if (isNarrow() && !$("filters").hidden) toggleFilters(false);
    else if (!panel.hidden) closePanel();
    else if (!$("table").hidden) toggleTable();
    else choose(null);
  }

  function move(way) {
    const shown = nodes.filter(isShown);
    const from = now && isShown(now) ? now : null;
    const next = !from ? firstOf(shown) : typeof way === "number" ? beside(from, shown, way) : along(from, ...way);
    if (next) go(next);
  }

  const flowsAlong = (node) => (isDown ? node.y : node.x), across = (node) => (isDown ? node.x : node.y);
  const firstOf = (shown) => shown.reduce((so, node) => (
    !so || flowsAlong(node) < flowsAlong(so) || (flowsAlong(node) === flowsAlong(so) && across(node) < across(so)) ? node : so), null);
  const middle = (node) => flowsAlong(node) + (isDown ? node.height : node.width) / 2;

  function along(from, list, end) {
    const ends = from[list].map((edge) => nodes[edge[end]]).filter((node) => isShown(node) && node !== from);
    return nearest(ends, (node) => Math.abs(across(node) - across(from)));
  }

  function beside(from, shown, way) {
    const column = shown.filter((node) => Math.abs(middle(node) - middle(from)) < (isDown ? 30 : 60) && (across(node) - across(from)) * way > 0);
    return nearest(column, (node) => Math.abs(across(node) - across(from)));
  }

  const nearest = (list, distance) => list.reduce((so, node) => (!so || distance(node) < distance(so) ? node : so), null);

  const pointers = new Map();
  let dragged = 0;

  const place = (event) => {
    const { left, top } = canvas.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };

  function under([x, y]) {
    const [atX, atY] = [view.x + x / view.zoom, view.y + y / view.zoom], slack = Math.max(0, 4 / view.zoom - 4);
    const hit = (node) => isShown(node) && atX >= node.x - slack && atX <= node.x + node.width + slack
      && atY >= node.y - slack && atY <= node.y + node.height + slack;
    return nodes.findLast(hit) ?? null;
  }

  function pointerDown(event) {
    canvas.setPointerCapture(event.pointerId);
    if (!pointers.size) dragged = 0;
    pointers.set(event.pointerId, place(event));
    canvas.focus({ preventScroll: true });
  }

  function pointerMove(event) {
    const to = place(event), from = pointers.get(event.pointerId);
    if (!from) return hover(to);
    const others = [...pointers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    dragged += Math.hypot(to[0] - from[0], to[1] - from[1]);
    if (others.length) pinch(from, to, others[0]);
    else if (dragged > 4) pan((from[0] - to[0]), (from[1] - to[1]));
    pointers.set(event.pointerId, to);
    return null;
  }

  function pan(x, y) {
    canvas.classList.add("drag");
    view.x += x / view.zoom;
    view.y += y / view.zoom;
    draw();
  }

  function pinch(from, to, other) {
    const apart = (at) => Math.max(8, Math.hypot(at[0] - other[0], at[1] - other[1]));
    zoom(apart(to) / apart(from), (to[0] + other[0]) / 2, (to[1] + other[1]) / 2);
    pan((from[0] - to[0]) / 2, (from[1] - to[1]) / 2);
  }

  function pointerUp(event) {
    canvas.classList.remove("drag");
    if (!pointers.delete(event.pointerId) || pointers.size || dragged > 4 || event.type === "pointercancel") return;
    const node = under(place(event));
    choose(node);
    if (node) uncovered(node);
    else if (open !== "about" && !panel.hidden) closePanel();
  }

  function hover(at) {
    const node = under(at);
    canvas.classList.toggle("over", Boolean(node));
    canvas.title = node ? node.id : "";
  }

  function wheel(event) {
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 18 : 1;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      view.x += ((event.deltaX || event.deltaY) * unit) / view.zoom;
      draw();
    } else zoom(Math.exp(-event.deltaY * unit * (event.ctrlKey ? 0.01 : 0.0016)), ...place(event));
  }

  // --- paper ------------------------------------------------------------------------------------------------------------

  /** The whole graph in light colours, at a resolution for paper. */
  function toPaper() {
    if (before) return;
    before = { ...view };
    document.documentElement.classList.add("printing");
    theme();
    [view.width, view.height, view.dots] = [1560, 900, 2.5];
    [canvas.width, canvas.height] = [3900, 2250];
    frame(nodes.filter(isShown));
    paint(context, view);
    listed();
  }

  function fromPaper() {
    document.documentElement.classList.remove("printing");
    theme();
    Object.assign(view, before ?? {});
    before = null;
    measure();
    listed();
  }

  // --- begin ------------------------------------------------------------------------------------------------------------

  function begin() {
    $("title").textContent = data.heading;
    $("subtitle").textContent = [data.title, data.left_out].filter(Boolean).join(" · ");
    $("subtitle").title = $("subtitle").textContent;
    theme();
    filters();
    if (isNarrow()) toggleFilters(false);
    measure();
    warn();
    openAt(nodes[data.start]);
    say();
  }

  function listen() {
    $("about-button").onclick = about;
    $("table-button").onclick = toggleTable;
    $("filters-button").onclick = () => toggleFilters();
    $("help-button").onclick = KEYS["?"];
    $("zoom-in").onclick = KEYS["+"];
    $("zoom-out").onclick = KEYS["-"];
    $("zoom-fit").onclick = () => fit();
    Object.assign(search, { oninput: look, onkeydown: searchKey, onfocus: () => search.value && look(), onblur: shut });
    Object.assign(canvas, { onpointerdown: pointerDown, onpointermove: pointerMove, onpointerup: pointerUp, onpointercancel: pointerUp });
    canvas.addEventListener("wheel", wheel, { passive: false });
    addEventListener("keydown", key);
    addEventListener("beforeprint", toPaper);
    addEventListener("afterprint", fromPaper);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { theme(); draw(); });
    new ResizeObserver(() => before || measure()).observe(stage);
  }

  begin();
  listen();
})();
