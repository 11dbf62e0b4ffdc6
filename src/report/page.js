"use strict";
// Draws the report from the JSON in the page. Everything that comes from an image is hostile: it becomes text,
// never markup, and what could turn a line around or hide in it is made visible.
(() => {
  const report = JSON.parse(document.getElementById("data").textContent);
  const kTopPackages = 12;
  const kTopLayers = 15;
  const kOpenFiles = 25;

  const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
  const visible = (text) => String(text).replace(INVISIBLE, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

  /// An element. Text children stay text; what begins with -- is a style property, which the policy lets a script set.
  const el = (tag, attributes, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name.startsWith("--")) element.style.setProperty(name, value);
      else if (value !== null && value !== false) element.setAttribute(name, value);
    }
    for (const child of children.flat(Infinity)) {
      if (child !== null && child !== "") element.append(child instanceof Node ? child : visible(child));
    }
    return element;
  };
  const name = (text) => el("bdi", {}, text);
  const ids = (list) => (list.length ? list.map((id) => [el("span", { class: "id" }, id), " "]) : el("span", { class: "soft" }, "–"));
  const count = (number, one, many = one + "s") => `${number} ${number === 1 ? one : many}`;

  const bytes = (size) => {
    const units = ["B", "kB", "MB", "GB", "TB"];
    let unit = 0;
    for (; size >= 1000 && unit < units.length - 1; ++unit) size /= 1000;
    return `${unit === 0 || size >= 99.95 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
  };
  const age = (hours) => (hours < 48 ? `${hours} h` : hours < 24 * 730 ? `${Math.round(hours / 24)} d` : `${(hours / 24 / 365.25).toFixed(1)} y`);
  const day = (time) => time.slice(0, 10);
  const minute = (time) => `${time.slice(0, 10)} ${time.slice(11, 16)}`;
  const link = (image, version) => "#" + encodeURIComponent(image.name) + (version ? ":" + encodeURIComponent(version.version) : "");
  const sum = (list, value) => list.reduce((total, item) => total + value(item), 0);
  const latest = (image) => image.versions.find((version) => version.latest) || image.versions[image.versions.length - 1];
  const state = (version) => (version.latest ? "latest" : version.rejected ? "rejected" : "");
  const good = (image) => image.versions.filter((version) => !version.rejected);

  const layers = new Map(report.layers.map((layer) => [layer.digest, layer]));

  const table = (heads, rows, attributes) =>
    el("div", { class: "scroll" },
      el("table", attributes,
        el("thead", {}, el("tr", {}, heads.map(([text, kind]) => el("th", { scope: "col", class: kind || null }, text)))),
        el("tbody", {}, rows)));
  const cell = (kind, ...children) => el("td", { class: kind || null }, ...children);

  function drawFigures() {
    const versions = report.images.flatMap(good);
    const fixed = new Set(versions.flatMap((version) => version.cves));
    const longest = Math.max(-1, ...versions.map((version) => version.exposure_hours ?? -1));
    const figures = [
      ["images", report.images.length],
      ["versions", versions.length],
      ["vulnerabilities fixed", fixed.size],
      ["longest exposure", longest < 0 ? "–" : age(longest)],
      ["stored", bytes(report.bytes.stored)],
      ["saved by sharing", bytes(report.bytes.unshared - report.bytes.stored)],
    ];
    document.getElementById("figures").append(...figures.map(([what, value]) => el("div", {}, el("dt", {}, what), el("dd", {}, value))));
    document.getElementById("made").append(`${report.tool}, ${minute(report.generated)} UTC`);
  }

  /// Where times are on the axis, in per cent: from the first version to now, and never less than a day.
  function makeAxis() {
    const times = report.images.flatMap((image) => image.versions.map((version) => Date.parse(version.date)));
    const start = Math.min(...times);
    const end = Math.max(...times, Date.parse(report.generated), start + 864e5);
    const place = (time) => Math.max(0, ((Date.parse(time) - start) / (end - start)) * 100);
    const ticks = [0, 1, 2, 3, 4].map((i) => [i * 25, new Date(start + ((end - start) * i) / 4).toISOString()]);
    return { place, ticks, hours: end - start < 4 * 864e5 };
  }

  function timelineMarks(image, axis) {
    const marks = [];
    image.versions.forEach((version, i) => {
      if (!version.published) return;
      // What was rejected fixed nothing: its fixes are missing until a later version passes.
      const fixing = image.versions.slice(i).find((later) => !later.rejected);
      const from = axis.place(version.published);
      const to = axis.place(fixing ? fixing.date : report.generated);
      marks.push(el("span", { class: "exposure", "--x": `${from}%`, "--w": `${Math.max(0, to - from)}%` }));
    });
    for (const version of image.versions) {
      const fixes = version.cves.length;
      const kinds = ["mark", version.rejected ? "rejected" : fixes ? "fixes" : "", state(version)];
      const says = [`${image.name} ${version.version}`, minute(version.date), state(version), count(fixes, "fix", "fixes")];
      marks.push(el("a", {
        class: [...new Set(kinds)].filter(Boolean).join(" "), href: link(image, version), "--x": `${axis.place(version.date)}%`,
        title: visible(says.filter(Boolean).join(", ")), "aria-label": visible(says.filter(Boolean).join(", ")),
      }, version.rejected ? "×" : fixes ? String(fixes) : ""));
    }
    return marks;
  }

  function drawTimeline() {
    const axis = makeAxis();
    const rows = report.images.map((image) =>
      el("div", { class: "row" }, el("a", { href: link(image) }, name(image.name)), el("div", { class: "track" }, timelineMarks(image, axis))));
    const ticks = axis.ticks.map(([at, time], i) =>
      el("span", { "--x": `${at}%`, class: i % 2 ? "wide" : null }, axis.hours ? minute(time).slice(5) : day(time)));
    rows.push(el("div", { class: "row axis", "aria-hidden": "true" }, el("span", {}), el("div", { class: "track" }, ticks)));
    document.getElementById("timeline").append(...rows);
  }

  const testsOf = (version) => {
    if (!version.tests || !version.tests.tests.length) return el("span", { class: "soft" }, version.tests ? "none" : "not run");
    const failed = version.tests.tests.filter((test) => !test.passed);
    return failed.length || !version.tests.passed
      ? el("span", { class: "bad" }, `failed: ${failed.map((test) => test.name).join(", ")}`)
      : el("span", { class: "good" }, count(version.tests.tests.length, "passed", "passed"));
  };

  /// image and version -> its row, to be opened.
  const rows = new Map();

  function versionRow(image, version) {
    const fixes = version.cves.length;
    const row = el("tr", {},
      cell("", el("a", { href: link(image, version), "aria-expanded": "false" }, version.version), " ",
        state(version) ? el("span", { class: `tag ${state(version)}` }, state(version)) : null),
      cell("nowrap", day(version.date), el("span", { class: "wide" }, minute(version.date).slice(10))),
      cell("", ids(version.cves.slice(0, 3)), fixes > 3 ? `and ${fixes - 3} more` : ""),
      cell("number", version.exposure_hours === null ? "–" : age(version.exposure_hours)),
      cell("number wide", bytes(version.bytes)),
      cell("number wide", bytes(version.bytes_to_pull)),
      cell("wide", testsOf(version)));
    rows.set(`${image.name}:${version.version}`, { image, version, row });
    return row;
  }

  const packageRow = (image, largest) => (pack) =>
    el("tr", {},
      cell("", name(pack.name), " ", el("span", { class: "soft" }, pack.version), pack.security ? [" ", el("span", { class: "tag" }, "security")] : null),
      cell("number", bytes(pack.bytes)),
      cell("barcell", el("span", { class: pack.recipe === image.name ? "bar" : "bar inherited", "--w": `${(pack.bytes / largest) * 100}%` })),
      cell("soft wide", pack.recipe));

  function packages(image) {
    const all = image.packages;
    if (!all.length) return el("p", { class: "soft" }, "The latest version has no record of its packages.");
    const heads = [["Package"], ["Size", "number"], [""], ["From recipe", "wide"]];
    const row = packageRow(image, all[0].bytes || 1);
    const rest = all.slice(kTopPackages);
    return [
      table(heads, all.slice(0, kTopPackages).map(row)),
      rest.length ? el("details", {}, el("summary", {}, `${rest.length} more, ${bytes(sum(rest, (pack) => pack.bytes))}`), table(heads, rest.map(row))) : null,
    ];
  }

  /// The candidate that would be the latest had it passed its tests.
  function waiting(image) {
    const newest = image.versions[image.versions.length - 1];
    if (!newest.rejected) return null;
    const missing = newest.cves.length ? `; latest lacks ${count(newest.cves.length, "fix", "fixes")}` : "";
    return el("p", {}, el("a", { class: "bad", href: link(image, newest) }, `${newest.version} failed its tests${missing}`));
  }

  function drawImages() {
    const sections = report.images.map((image, index) => {
      const now = latest(image);
      const section = el("section", { "aria-labelledby": `image-${index}` },
        el("header", {},
          el("h2", { id: `image-${index}`, tabindex: "-1" }, name(image.name)),
          el("p", {}, `${now.version}, ${bytes(now.bytes)}, ${count(image.packages.length, "package")}`),
          waiting(image)),
        table([["Version"], ["Made (UTC)"], ["Fixes"], ["Exposure", "number"], ["Size", "number wide"], ["To pull", "number wide"], ["Tests", "wide"]],
          [...image.versions].reverse().map((version) => versionRow(image, version))),
        el("h3", {}, "Packages by size of download"),
        packages(image));
      rows.set(image.name, { image, section });
      return section;
    });
    document.getElementById("images").append(...sections);
  }

  const owner = (entry) => {
    const kinds = { f: "file", l: "link", d: "directory" };
    const kind = entry.type === "-" ? "file" : kinds[entry.type] || entry.type;
    return `${kind} ${entry.mode} ${entry.uid}:${entry.gid}${entry.target ? ` to ${entry.target}` : ""}`;
  };
  function fileItem(file) {
    if (!file.before) return el("li", { class: "added" }, el("code", {}, file.path), " ", el("span", { class: "soft" }, owner(file.after)));
    if (!file.after) return el("li", { class: "removed" }, el("code", {}, file.path), " ", el("span", { class: "soft" }, owner(file.before)));
    const [before, after] = [owner(file.before), owner(file.after)];
    return el("li", {}, el("code", {}, file.path), " ", el("span", { class: "soft" }, before === after ? "content" : `${before} → ${after}`));
  }

  const changelog = (move) =>
    move.changes.length
      ? el("details", {}, el("summary", {}, "Changelog of ", name(move.name)),
          move.changes.map((entry) => [el("p", {}, `${entry.version} (${entry.distribution}) ${entry.date}`), el("pre", {}, entry.text)]))
      : null;

  function packageMoves(version) {
    const moves = version.packages;
    if (!moves.length) return el("p", { class: "soft" }, version.predecessor ? "No package moved." : "There is no version before it to compare with.");
    return [
      table([["Package"], ["From"], ["To"], ["Fixes"], ["Public since"]], moves.map((move) =>
        el("tr", {},
          cell("", name(move.name)), cell("", move.from ? move.from.version : el("span", { class: "good" }, "added")),
          cell("", move.to ? move.to.version : el("span", { class: "bad" }, "removed")),
          cell("", ids([...move.cves, ...move.advisories])), cell("nowrap", move.published ? day(move.published) : "–")))),
      moves.map(changelog),
    ];
  }

  function lists(changes) {
    const part = (title, items) => (items.length ? [el("h3", {}, title), el("ul", {}, items)] : []);
    const texts = (change) => [
      ...change.added.map((text) => el("li", { class: "added" }, el("code", {}, text))),
      ...change.removed.map((text) => el("li", { class: "removed" }, el("code", {}, text))),
    ];
    const plain = (list) => list.map((text) => el("li", {}, el("code", {}, text)));
    return [
      ...part("Setuid, setgid or with capabilities, changed", plain(changes.privileged || [])),
      ...part("Ports", texts(changes.ports || { added: [], removed: [] })),
      ...part("Shared libraries", texts(changes.sonames || { added: [], removed: [] })),
      ...part("Configuration of the image", plain(changes.config || [])),
      ...files(changes),
    ];
  }

  /// Few are shown at once, many on demand.
  function files(changes) {
    if (!changes.files.length) return [];
    const missing = changes.files_total - changes.files.length;
    const list = [
      el("ul", {}, changes.files.map(fileItem)),
      missing > 0 ? el("p", { class: "soft" }, `and ${missing} more; bootstrap diff lists all`) : null,
    ];
    const many = changes.files.length > kOpenFiles;
    return [el("h3", {}, "Files"), many ? el("details", {}, el("summary", {}, `${changes.files_total} changed`), list) : list];
  }

  function panel(image, version) {
    const shared = version.bytes - version.bytes_to_pull;
    const before = version.predecessor ? ` since ${version.predecessor.version}` : "";
    return el("div", { class: "panel" },
      el("h3", { tabindex: "-1" }, el("span", {}, `${image.name} ${version.version}: what changed${before}`), el("a", { href: link(image) }, "close")),
      el("p", { class: "soft" }, `Made ${minute(version.date)} UTC because of: ${version.reason}. `, el("code", {}, version.digest)),
      el("p", {}, `${bytes(version.bytes_to_pull)} of ${bytes(version.bytes)} to pull; ${bytes(shared)} in layers of the version before. Tests: `, testsOf(version)),
      version.exposure_hours === null ? null : el("p", {}, `The oldest of its fixes had been public for ${age(version.exposure_hours)}.`),
      version.changes || version.packages.length || version.predecessor
        ? [el("h3", {}, "Packages"), packageMoves(version), version.changes ? lists(version.changes) : null]
        : el("p", { class: "soft" }, version.tests || image.versions[0] === version ? packageMoves(version) : `It has no evidence; bootstrap evidence ${image.name}:${version.version} writes it.`));
  }

  function drawSharing() {
    const several = (layer) => sum(Object.values(layer.images), (versions) => versions.length) > 1;
    const shared = report.layers.filter(several).sort((a, b) => b.bytes_saved - a.bytes_saved);
    const place = document.getElementById("sharing");
    const { stored, unshared } = report.bytes;
    place.append(el("p", {}, `All versions together have ${bytes(unshared)} of layers; ${bytes(stored)} are stored. `,
      `${count(shared.length, "layer")} of ${report.layers.length} ${shared.length === 1 ? "is" : "are"} in more than one version.`));
    place.append(table([["Latest version"], ["With other images", "number"], ["Its own", "number"], [""]], report.images.map((image) => {
      const mine = latest(image).layers.map((digest) => layers.get(digest));
      const common = sum(mine.filter((layer) => Object.keys(layer.images).length > 1), (layer) => layer.bytes);
      const all = sum(mine, (layer) => layer.bytes);
      return el("tr", {}, cell("", name(image.name)), cell("number", bytes(common)), cell("number", bytes(all - common)),
        cell("barcell", el("span", { class: "stack" }, el("span", { class: "bar", "--w": `${all ? (common / all) * 100 : 0}%` }))));
    })));
    if (!shared.length) return;
    const row = (layer) =>
      el("tr", {},
        cell("", el("span", { class: "contents", title: visible(layer.created_by) }, name(layer.created_by)), el("span", { class: "soft mono" }, layer.digest.slice(7, 19))),
        cell("", Object.entries(layer.images).map(([image, versions]) => el("span", { class: "tag" }, `${image} × ${versions.length}`))),
        cell("number", bytes(layer.bytes)), cell("number", bytes(layer.bytes_saved)));
    const heads = [["Layer"], ["In versions of"], ["Size", "number"], ["Saved", "number"]];
    const rest = shared.slice(kTopLayers);
    place.append(el("h3", {}, "Layers by bytes saved"), table(heads, shared.slice(0, kTopLayers).map(row)));
    if (rest.length) place.append(el("details", {}, el("summary", {}, `${rest.length} more`), table(heads, rest.map(row))));
  }

  /// Shows what the fragment names: #web an image, #web:1.0.1 what a version changed.
  function follow() {
    document.querySelectorAll("tr.detail").forEach((detail) => detail.remove());
    document.querySelectorAll("tr.open").forEach((row) => row.classList.remove("open"));
    document.querySelectorAll("[aria-expanded=true]").forEach((anchor) => anchor.setAttribute("aria-expanded", "false"));
    document.querySelectorAll(".mark[aria-current]").forEach((mark) => mark.removeAttribute("aria-current"));
    let wanted = "";
    try {
      wanted = decodeURIComponent(location.hash.slice(1));
    } catch {
      return;
    }
    const found = rows.get(wanted);
    if (!found) return;
    if (found.section) {
      found.section.scrollIntoView();
      found.section.querySelector("h2").focus({ preventScroll: true });
      return;
    }
    const opened = el("tr", { class: "detail" }, el("td", { colspan: "7" }, panel(found.image, found.version)));
    found.row.classList.add("open");
    found.row.querySelector("a").setAttribute("aria-expanded", "true");
    found.row.after(opened);
    const href = link(found.image, found.version);
    document.querySelectorAll("#timeline .mark").forEach((mark) => {
      if (mark.getAttribute("href") === href) mark.setAttribute("aria-current", "true");
    });
    found.row.scrollIntoView();
    opened.querySelector("h3").focus({ preventScroll: true });
  }

  drawFigures();
  drawTimeline();
  drawImages();
  drawSharing();
  addEventListener("hashchange", follow);
  follow();
  document.documentElement.dataset.drawn = "yes";
})();
