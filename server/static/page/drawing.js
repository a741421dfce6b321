// How things look and move. Elements are kept and changed, never drawn anew, so that they can move.

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const exact = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const METALS = ["bronze", "silver", "gold"];

export const name = (member) => member.displayName ?? member.externalId;

export function el(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** The level of an award: in words, and as a metal. A badge with one level is gold. */
export function level(award) {
  const levels = award.badge?.levels ?? [];
  const key = levels.length > 1 ? (levels.find((each) => each.number === award.level)?.key ?? "") : "";
  const rank = METALS.indexOf(key);
  return {
    text: key || "earned",
    metal: METALS[rank >= 0 ? rank : Math.max(0, METALS.length - 1 - (levels.length - award.level))] ?? "gold",
  };
}

function animate(element, frames, options) {
  if (!calm.matches) element.animate(frames, { easing: "cubic-bezier(.2,.8,.2,1)", ...options });
}

function hue(text) {
  let sum = 7;
  for (const letter of text) sum = (sum * 31 + letter.codePointAt(0)) % 360;
  return sum;
}

export function dress(avatar, id, text) {
  avatar.textContent = [...text][0]?.toUpperCase() ?? "?";
  avatar.style.setProperty("--hue", hue(id));
}

// ------------------------------------------------------------------------------ the leaderboard

export function drawBoard(list, entries, { chosen, onChoose }) {
  const before = new Map([...list.children].map((row) => [row.dataset.key, row.offsetTop]));
  const rows = new Map([...list.children].map((row) => [row.dataset.key, row]));
  const best = Math.max(1, ...entries.map((entry) => Number(entry.score)));
  const wanted = entries.map((entry) => {
    const key = entry.member.externalId;
    const row = rows.get(key) ?? boardRow(key, name(entry.member), onChoose);
    fillBoardRow(row, entry, best);
    row.dataset.chosen = key === chosen;
    return row;
  });
  place(list, wanted);
  for (const row of wanted) glide(row, before.get(row.dataset.key));
}

function boardRow(key, text, onChoose) {
  const row = el("li", { className: "row" });
  row.dataset.key = key;
  const avatar = el("span", { className: "avatar", ariaHidden: "true" });
  dress(avatar, key, text);
  const button = el(
    "button",
    { type: "button", className: "row-button", onclick: () => onChoose(key) },
    el("span", { className: "rank" }),
    avatar,
    el("span", { className: "name", textContent: text }),
    el("span", { className: "score" }),
    el("span", { className: "bar", ariaHidden: "true" }, el("span", { className: "fill" })),
  );
  row.append(button);
  return row;
}

function fillBoardRow(row, entry, best) {
  const score = Number(entry.score);
  const before = row.dataset.score === undefined ? score : Number(row.dataset.score);
  row.dataset.score = score;
  row.dataset.rank = entry.rank;
  row.querySelector(".rank").textContent = entry.rank;
  row.querySelector(".score").textContent = whole.format(score);
  row.querySelector(".fill").style.transform = `scaleX(${Math.max(0, score / best)})`;
  if (score > before) gain(row, score - before);
}

function gain(row, amount) {
  if (calm.matches || amount < 0.5) return;
  row.querySelector(".gain")?.remove();
  const bubble = el("span", { className: "gain", textContent: `+${whole.format(amount)}`, ariaHidden: "true" });
  row.append(bubble);
  bubble
    .animate(
      [
        { opacity: 0, transform: "translateY(6px)" },
        { opacity: 1, transform: "none", offset: 0.2 },
        { opacity: 1, transform: "none", offset: 0.7 },
        { opacity: 0, transform: "translateY(-8px)" },
      ],
      { duration: 1600, easing: "ease-out" },
    )
    .finished.then(() => bubble.remove(), () => {});
}

/** Put the children in this order, touching only what is out of place (focus stays where it is). */
function place(list, wanted) {
  for (const child of [...list.children]) if (!wanted.includes(child)) child.remove();
  wanted.forEach((child, index) => {
    if (list.children[index] !== child) list.insertBefore(child, list.children[index] ?? null);
  });
}

/** FLIP: show the row where it was, and let it glide to where it is. */
function glide(row, before) {
  if (before === undefined) {
    animate(row, [{ opacity: 0 }, { opacity: 1 }], { duration: 400 });
  } else if (before !== row.offsetTop) {
    const rises = row.offsetTop < before;
    row.style.zIndex = rises ? 2 : 1;
    animate(
      row,
      [{ transform: `translateY(${before - row.offsetTop}px)` }, { transform: "none" }],
      { duration: 600 },
    );
  }
}

// ----------------------------------------------------------------------------------- the member

export function drawMember(member, { id, isFirst }) {
  const points = member.points.map((each) => `${whole.format(each.balance)} ${each.name}`);
  dress(document.getElementById("member-avatar"), id, name({ ...member, externalId: id }));
  document.getElementById("member-name").textContent = name({ ...member, externalId: id });
  document.getElementById("member-points").textContent = points.join(" · ");
  const list = document.getElementById("progress");
  const bars = new Map([...list.children].map((bar) => [bar.dataset.key, bar]));
  place(
    list,
    member.progress.map((progress) => {
      const bar = bars.get(barKey(progress)) ?? progressBar(progress);
      fillProgress(bar, progress, { isFirst });
      return bar;
    }),
  );
}

/** A badge and a streak may have the same key. */
function barKey({ kind, key }) {
  return `${kind}/${key}`;
}

function progressBar(progress) {
  const bar = el(
    "div",
    { className: "progress-bar", role: "group" },
    el(
      "p",
      { className: "progress-head" },
      el("span", { className: "progress-name", textContent: progress.name }),
      el("span", { className: "progress-numbers" }),
    ),
    el("div", { className: "segments" }),
  );
  bar.dataset.key = barKey(progress);
  return bar;
}

function fillProgress(bar, progress, { isFirst }) {
  const pieces = progress.criteria.length > 1 ? criteriaPieces(progress) : milestonePieces(progress);
  const numbers = `${exact.format(progress.current)} of ${exact.format(progress.target)}`;
  const done = progress.completedAt !== null;
  bar.ariaLabel = `${progress.name}: ${done ? "complete" : numbers}`;
  bar.querySelector(".progress-numbers").textContent = done ? `${exact.format(progress.current)} · complete` : numbers;
  const segments = bar.querySelector(".segments");
  while (segments.children.length > pieces.length) segments.lastChild.remove();
  while (segments.children.length < pieces.length) {
    segments.append(
      el(
        "div",
        { className: "segment" },
        el("span", { className: "bar" }, el("span", { className: "fill" })),
        el("span", { className: "label" }),
      ),
    );
  }
  pieces.forEach((piece, index) => fillSegment(segments.children[index], piece, { isFirst }));
}

function fillSegment(segment, { text, metal, fraction, isReached }, { isFirst }) {
  const was = segment.dataset.reached;
  segment.dataset.reached = isReached;
  segment.dataset.metal = metal;
  segment.querySelector(".label").textContent = text;
  segment.querySelector(".fill").style.transform = `scaleX(${fraction})`;
  if (isReached && was === "false" && !isFirst) {
    animate(segment, [{ transform: "scale(1)" }, { transform: "scale(1.06)" }, { transform: "scale(1)" }], { duration: 500 });
  }
}

/** One segment for each milestone: each goes from the one before it to its own target. */
function milestonePieces({ milestones, current }) {
  return milestones.map(({ key, target, isReached }, index) => {
    const from = index ? Number(milestones[index - 1].target) : 0;
    const part = (Number(current) - from) / (Number(target) - from);
    return {
      text: milestones.length > 1 ? `${key} ${whole.format(target)}` : `goal ${whole.format(target)}`,
      metal: METALS.includes(key) ? key : "gold",
      fraction: isReached ? 1 : Math.min(1, Math.max(0, part)),
      isReached,
    };
  });
}

function criteriaPieces({ criteria, completedAt }) {
  return criteria.map(({ name, current, target }) => ({
    text: `${name} ${whole.format(Math.min(current, target))}/${whole.format(target)}`,
    metal: "gold",
    fraction: completedAt ? 1 : Math.min(1, Math.max(0, current / target)),
    isReached: completedAt !== null || Number(current) >= Number(target),
  }));
}

// ------------------------------------------------------------------------------ badges and feed

export function drawBadges(list, awards, { isFirst }) {
  const known = new Map([...list.children].map((each) => [each.dataset.key, each]));
  if (isFirst) known.clear();
  const wanted = awards.edges.map(({ node }) => known.get(node.id) ?? badge(node));
  place(list, wanted);
  for (const each of wanted) {
    each.querySelector("time").textContent = ago(each.dataset.at);
    if (!isFirst && !known.has(each.dataset.key)) {
      animate(each, [{ transform: "scale(.4)", opacity: 0 }, { transform: "scale(1.08)", opacity: 1 }, { transform: "none" }], { duration: 700 });
    }
  }
  document.getElementById("badge-count").textContent = awards.totalCount;
}

function badge(award) {
  const { text, metal } = level(award);
  const title = award.badge?.name ?? "A badge of the past";
  const item = el(
    "li",
    { className: "badge" },
    medal(title, metal),
    el(
      "span",
      { className: "badge-text" },
      el("strong", { textContent: title }),
      el("span", {}, `${text} · `, el("time", { dateTime: award.earnedAt })),
    ),
  );
  item.dataset.key = award.id;
  item.dataset.at = award.earnedAt;
  return item;
}

function medal(title, metal) {
  const initials = title.split(/\s+/).map((word) => word[0]).slice(0, 2).join("");
  const medal = el("span", { className: "medal", textContent: initials, ariaHidden: "true" });
  medal.dataset.metal = metal;
  return medal;
}

const FEED_ROWS = 8;

export function drawFeed(list, notices, onChoose) {
  const known = new Set([...list.children].map((row) => row.dataset.key));
  for (const notice of notices) {
    if (!notice.badge) continue;
    const key = [notice.member.externalId, notice.badge.key, notice.level, notice.at].join(" ");
    if (known.has(key)) continue;
    const row = feedRow(notice, onChoose);
    row.dataset.key = key;
    list.prepend(row);
    animate(row, [{ opacity: 0, transform: "translateY(-10px)" }, { opacity: 1, transform: "none" }], { duration: 500 });
  }
  while (list.children.length > FEED_ROWS) list.lastChild.remove();
  for (const row of list.children) row.querySelector("time").textContent = ago(row.dataset.at);
}

function feedRow({ at, member, badge, level: number }, onChoose) {
  const { text, metal } = level({ badge, level: number });
  const avatar = el("span", { className: "avatar", ariaHidden: "true" });
  dress(avatar, member.externalId, name(member));
  const row = el(
    "li",
    { className: "feed-row" },
    avatar,
    el(
      "span",
      { className: "feed-text" },
      el("button", {
        type: "button",
        className: "link",
        textContent: name(member),
        onclick: () => onChoose(member.externalId),
      }),
      ` earned ${badge.name}`,
      text === "earned" ? "" : `, ${text}`,
    ),
    medal(badge.name, metal),
    el("time", { dateTime: at }),
  );
  row.dataset.at = at;
  return row;
}

function ago(time) {
  const seconds = Math.max(0, (Date.now() - new Date(time)) / 1000);
  if (seconds < 10) return "just now";
  if (seconds < 60) return `${Math.floor(seconds / 10) * 10} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} d ago`;
}

setInterval(() => {
  for (const row of document.querySelectorAll("[data-at]")) {
    row.querySelector("time").textContent = ago(row.dataset.at);
  }
}, 5000);
