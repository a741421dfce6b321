"""The newcomer's first minute, in a browser: the page loads, and all on it moves by itself."""

import os
from pathlib import Path

import pytest

from tests.browser.chromium import Page
from tests.house.tree import ROOT

pytestmark = pytest.mark.browser

SHOTS = ROOT / "var" / "screenshots"

IS_LIVE = "document.querySelector('#connection').dataset.state === 'live'"
BOARD = "[...document.querySelectorAll('.row')].map(row => row.dataset.key + row.dataset.score)"
ROWS = "document.querySelectorAll('.row').length"
BARS = "[...document.querySelectorAll('.progress-bar')].map(bar => bar.ariaLabel)"
FILLS = "[...document.querySelectorAll('.segment .fill')].map(fill => fill.style.transform)"
CHOSEN = "document.querySelector('.row[data-chosen=true]')?.dataset.key"
NAME = "document.querySelector('#member-name').textContent"


def joined(expression: str) -> str:
    return f"({expression}).join(' ')"


async def shoot(page: Page, name: str) -> None:
    """Keep what is seen, for a person to look at."""
    data = await page.screenshot()
    assert data.startswith(b"\x89PNG")
    os.makedirs(SHOTS, exist_ok=True)
    Path(SHOTS / name).write_bytes(data)  # noqa: ASYNC240 (nothing else waits for this loop)


async def opened(page: Page, url: str) -> None:
    await page.open(url)
    await page.until(f"{IS_LIVE} && {ROWS} === 10 && {BARS}.length >= 6")


async def test_the_board_and_the_bars_move(demo: str, page: Page) -> None:
    await page.set_view(1280, 1300)
    await opened(page, demo)
    assert await page.value("document.title") == "The Reading Club, live"
    assert await page.value(f"{CHOSEN} === document.querySelector('.row').dataset.key") is True

    board = await page.value(joined(BOARD))
    await page.until(f"{joined(BOARD)} !== {board!r}")
    bars, fills = await page.value(joined(BARS)), await page.value(joined(FILLS))
    await page.until(f"{joined(BARS)} !== {bars!r} && {joined(FILLS)} !== {fills!r}")
    await shoot(page, "page.png")


async def test_another_member_can_be_chosen(demo: str, page: Page) -> None:
    await opened(page, demo)
    other = await page.value("document.querySelectorAll('.row')[4].dataset.key")
    await page.value("document.querySelectorAll('.row-button')[4].click()")
    await page.until(f"{CHOSEN} === {other!r} && {NAME}.toLowerCase() === {other!r}")
    assert await page.value("document.querySelector('#member-select').value") == other

    await page.value(
        "const select = document.querySelector('#member-select');"
        "select.value = 'newt'; select.dispatchEvent(new Event('change'))"
    )
    await page.until(f"{NAME} === 'Newt'")


async def test_another_leaderboard_can_be_chosen(demo: str, page: Page) -> None:
    await opened(page, demo)
    await page.value("document.querySelectorAll('#board-tabs .tab')[1].click()")
    title = "document.querySelector('#board-title').textContent"
    await page.until(f"{title} === 'Stars of all time' && {ROWS} === 10")
    scores = "[...document.querySelectorAll('.row')].map(row => Number(row.dataset.score))"
    assert await page.value(scores) == sorted(await page.value(scores), reverse=True)


async def test_the_page_shows_the_graphql_it_runs(demo: str, page: Page) -> None:
    await opened(page, demo)
    source = "document.querySelector('#source').textContent"
    assert (await page.value(source)).startswith("subscription Board($key: String!")
    await page.value("document.querySelectorAll('#source-tabs .tab')[1].click()")
    assert (await page.value(source)).startswith("subscription Member($id: String!")


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
async def test_the_page_fits_every_screen(demo: str, page: Page, width: int, is_dark: bool) -> None:
    await page.set_view(width, 900, is_dark=is_dark, is_calm=True)
    await opened(page, demo)
    assert await page.value("document.documentElement.scrollWidth") == width
    assert await page.value("document.getAnimations().length") == 0
    await shoot(page, f"page-{width}-{'dark' if is_dark else 'light'}.png")


async def test_graphiql_asks_and_subscribes(demo: str, page: Page) -> None:
    await page.set_view(1280, 800)
    await page.open(f"{demo}/graphiql")
    run = "document.querySelector('.graphiql-execute-button')"
    answer = "document.querySelector('.result-window')?.textContent ?? ''"
    await page.until(run)
    await page.value(f"{run}.click()")
    await page.until(f"({answer}).includes('reading-club')")
    await shoot(page, "graphiql.png")

    query = 'subscription { leaderboardUpdated(key: "weekly", first: 1) { entries { rank } } }'
    await page.open(f"{demo}/graphiql?query={query}")
    editor = "document.querySelector('.graphiql-query-editor')"
    await page.until(f"{run} && {editor}.textContent.includes('leaderboardUpdated')")
    await page.value(f"{run}.click()")
    await page.until(f"({answer}).includes('\"rank\": 1')")
