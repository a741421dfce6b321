"""Without this table nobody could read at the terminal what new rules would change."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from gamification.quantity import to_text
from gamification.use_cases.effects import Preview, Share

_HEADINGS = ("", "members", "in all", "such as")

_NOTHING = "  no award, level, streak or balance would differ"

Cells = tuple[str, str, str, str]


def preview_table(preview: Preview) -> list[str]:
    """The lines of a preview: who would gain (+) and lose (-) what, and what is in the way (!)."""
    rows = [*_badges(preview), *_challenges(preview)]
    rows += [*_tiers(preview), *_streaks(preview), *_points(preview)]
    about = f"{preview.members:,} members, {preview.activities:,} activities"
    return [
        f"If these rules had always been in force ({about}):",
        *(_aligned([_HEADINGS, *rows]) if rows else [_NOTHING]),
        *_obstacles(preview),
    ]


def _badges(preview: Preview) -> Iterator[Cells]:
    for effect in preview.badges:
        name = f"{effect.badge}.{effect.level_key}" if effect.level_key else effect.badge
        for mark, share in (("+", effect.gaining), ("-", effect.losing)):
            if share.members:
                yield f"{mark} {name}", f"{share.members:,}", f"{share.total:,}", _named(share)


def _challenges(preview: Preview) -> Iterator[Cells]:
    for effect in preview.challenges:
        for mark, which, share in (
            ("+", "", effect.completing),
            ("-", "", effect.reopened),
            ("?", ", waiting", effect.waiting),
        ):
            if share.members:
                name = f"{mark} {effect.challenge}{which}"
                yield name, f"{share.members:,}", f"{share.total:,}", _named(share)


def _tiers(preview: Preview) -> Iterator[Cells]:
    for effect in preview.tiers:
        for mark, share in (("+", effect.rising), ("-", effect.falling)):
            if share.members:
                name = f"{mark} {effect.tier}"
                yield name, f"{share.members:,}", f"{share.total:,}", _named(share)
        for (before, after), members in effect.moves.most_common():
            yield "", f"{members:,}", "", f"{before or 'no level'} → {after or 'no level'}"


def _streaks(preview: Preview) -> Iterator[Cells]:
    for effect in preview.streaks:
        for mark, how, share in (
            ("+", "longer", effect.longer),
            ("-", "shorter", effect.shorter),
            ("-", "ended", effect.ended),
        ):
            if share.members:
                name = f"{mark} {effect.streak}, {how}"
                yield name, f"{share.members:,}", f"{share.total:,}", _named(share)


def _points(preview: Preview) -> Iterator[Cells]:
    for effect in preview.points:
        for mark, share in (("+", effect.rising), ("-", effect.falling)):
            if share.members:
                amount = _number(share.total)
                yield f"{mark} {effect.unit}", f"{share.members:,}", amount, _named(share)
        for move in effect.largest:
            before, after = _number(move.before), _number(move.after)
            yield "", "", "", f"{move.external_id}: {before} → {after}"


def _obstacles(preview: Preview) -> Iterator[str]:
    for refused in preview.refused.values():
        yield (
            f"  ! {refused.type}: {refused.activities:,} stored activities would be refused if "
            f"they came now: {refused.reason}"
        )
    if preview.unjudged.members:
        yield (
            f"  ! {preview.unjudged.members:,} members have histories that these rules take out of "
            f"the range of numbers, and a backfill would not touch: {_named(preview.unjudged)}"
        )


def _aligned(rows: Sequence[Cells]) -> list[str]:
    """Names and examples to the left, numbers to the right."""
    names, members, amounts, _ = (max(map(len, column)) for column in zip(*rows, strict=True))
    return [
        f"  {name:<{names}}  {count:>{members}}  {amount:>{amounts}}  {example}".rstrip()
        for name, count, amount, example in rows
    ]


def _named(share: Share) -> str:
    more = ", …" if share.members > len(share.sample) else ""
    return ", ".join(share.sample) + more


def _number(quantity: int) -> str:
    return f"{Decimal(to_text(quantity)):,}"
