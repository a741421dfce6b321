// The page: a live leaderboard, one member's progress, and what was earned just now.

import { drawBadges, drawBoard, drawFeed, drawMember, el, level, name } from "./drawing.js";
import { BOARD, FEED, MEMBER, START } from "./operations.js";
import { Live } from "./socket.js";

const $ = (id) => document.getElementById(id);
const meta = (name) => document.querySelector(`meta[name=${name}]`).content;
const STATES = {
  connecting: "Connecting",
  live: "Live",
  reconnecting: "Reconnecting …",
  refused: "Key refused",
};

const hasGraphiql = meta("graphiql") === "yes";
const chosen = { board: null, member: null };
const names = new Map();
let live;
let stopBoard = () => {};
let stopMember = () => {};

start(meta("api-key") || sessionStorage.getItem("api-key"));

async function start(key) {
  $("graphiql-link").hidden = $("try").hidden = !hasGraphiql;
  if (!key) return askForKey();
  const { program, members } = await query(key, START);
  drawProgram(program);
  members.edges.forEach(({ node }) => names.set(node.externalId, name(node)));
  offerMembers();
  drawFeed($("feed"), recent(members), choose);
  const protocol = location.protocol === "https:" ? "wss:" : "ws:";
  live = new Live(`${protocol}//${location.host}/graphql`, key, showState);
  offerBoards(program.leaderboards);
  offerSources();
  live.subscribe(FEED, {}, ({ feedUpdated }) => showNotices(feedUpdated.notices));
}

async function query(key, text) {
  const answer = await fetch("/graphql", {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${key}` },
    body: JSON.stringify({ query: text }),
  });
  const { data, errors } = await answer.json();
  if (errors) {
    showState("refused");
    sessionStorage.removeItem("api-key");
    askForKey(errors[0].message);
    throw new Error(errors[0].message);
  }
  return data;
}

function askForKey(problem) {
  $("main").hidden = true;
  $("key-form").hidden = false;
  if (problem) $("key-form").querySelector(".hint").textContent = problem;
  $("key-form").onsubmit = (event) => {
    event.preventDefault();
    sessionStorage.setItem("api-key", $("key-input").value.trim());
    location.reload();
  };
}

function showState(state) {
  $("connection").dataset.state = state;
  $("connection").textContent = STATES[state];
}

function drawProgram(program) {
  document.title = `${program.name}, live`;
  $("program-name").textContent = program.name;
  $("program-description").textContent = program.description ?? "";
}

// ------------------------------------------------------------------------------ the leaderboard

function offerBoards(boards) {
  tabs($("board-tabs"), boards.map((board) => [board.key, board.name]), (key) => {
    chosen.board = boards.find((board) => board.key === key);
    watchBoard();
  });
}

function watchBoard() {
  stopBoard();
  stopBoard = live.subscribe(
    BOARD,
    { key: chosen.board.key, member: chosen.member },
    ({ leaderboardUpdated }) => showBoard(leaderboardUpdated),
  );
}

function showBoard({ period, entries, around }) {
  $("board-title").textContent = chosen.board.name;
  $("board-note").textContent = [
    `${period.participantCount} members`,
    period.endsAt ? `ends ${until(period.endsAt)}` : "never ends",
  ].join(" · ");
  for (const { member } of entries) {
    if (!names.has(member.externalId)) offerMember(member);
  }
  if (!chosen.member && entries.length) return choose(entries[0].member.externalId);
  const mine = around.find(({ member }) => member.externalId === chosen.member);
  $("member-rank").textContent = mine ? `Rank ${mine.rank} of ${period.participantCount}` : "Not ranked yet";
  drawBoard($("board"), entries, { chosen: chosen.member, onChoose: choose });
}

// ----------------------------------------------------------------------------------- the member

function offerMembers() {
  const sorted = [...names].sort(([, a], [, b]) => a.localeCompare(b));
  $("member-select").replaceChildren(
    ...sorted.map(([id, text]) => el("option", { value: id, textContent: text })),
  );
  if (chosen.member) $("member-select").value = chosen.member;
  $("member-select").onchange = (event) => choose(event.target.value);
}

function offerMember(member) {
  names.set(member.externalId, name(member));
  offerMembers();
}

function choose(id) {
  chosen.member = id;
  $("member-select").value = id;
  watchBoard();
  watchMember();
}

function watchMember() {
  stopMember();
  const id = chosen.member;
  let isFirst = true;
  stopMember = live.subscribe(MEMBER, { id }, ({ memberUpdated: { member } }) => {
    if (!member) return;
    drawMember(member, { id, isFirst });
    drawBadges($("badges"), member.badges, { isFirst });
    isFirst = false;
  });
}

// ------------------------------------------------------------------------------------- the feed

/** What was earned last, as the feed would have told it. */
function recent(members) {
  return members.edges
    .flatMap(({ node: member }) =>
      member.badges.edges.map(({ node }) => ({ ...node, at: node.earnedAt, member })),
    )
    .sort((a, b) => (a.at < b.at ? -1 : 1));
}

function showNotices(notices) {
  const awarded = notices.filter(({ kind }) => kind === "BADGE_AWARDED");
  drawFeed($("feed"), awarded, choose);
  const mine = awarded.find(({ member }) => member.externalId === chosen.member);
  if (mine?.badge) {
    $("announcements").textContent = `${name(mine.member)} earned ${mine.badge.name}, ${level(mine).text}`;
  }
}

// ----------------------------------------------------------------------------------- the source

function offerSources() {
  const sources = {
    Leaderboard: [BOARD, () => ({ key: chosen.board?.key, member: chosen.member })],
    Member: [MEMBER, () => ({ id: chosen.member })],
    Feed: [FEED, () => ({})],
    Start: [START, () => ({})],
  };
  tabs($("source-tabs"), Object.keys(sources).map((key) => [key, key]), (key) => {
    const [text, variables] = sources[key];
    $("source").textContent = text;
    $("source-note").textContent = Object.keys(variables()).length
      ? `Variables: ${JSON.stringify(variables())}`
      : "No variables";
    $("copy").onclick = () => navigator.clipboard.writeText(text);
    $("try").onclick = () => {
      $("try").href = `/graphiql?${new URLSearchParams({
        query: text,
        variables: JSON.stringify(variables(), null, 2),
      })}`;
    };
  });
}

// -------------------------------------------------------------------------------------- pieces

function tabs(place, choices, onChoose) {
  const buttons = choices.map(([key, text]) =>
    el("button", { type: "button", className: "tab", textContent: text, onclick: () => press(key) }),
  );
  const press = (key) => {
    choices.forEach(([each], index) => buttons[index].setAttribute("aria-pressed", each === key));
    onChoose(key);
  };
  place.replaceChildren(...buttons);
  if (choices.length) press(choices[0][0]);
}

function until(time) {
  const hours = (new Date(time) - Date.now()) / 3_600_000;
  const words = new Intl.RelativeTimeFormat("en", { numeric: "always" });
  if (hours >= 48) return words.format(Math.round(hours / 24), "day");
  return hours >= 1 ? words.format(Math.round(hours), "hour") : words.format(Math.ceil(hours * 60), "minute");
}
