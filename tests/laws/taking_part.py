"""Histories in which members join challenges and teams, leave them, and are invited."""

from hypothesis import strategies as st
from msgspec.structs import replace

from gamification.challenges import run_to_join
from gamification.commands import CommandType, NewCommand, NewFact
from gamification.definition.compiled import CompiledProgram
from tests.laws.histories import MEMBERS, MOMENTS, NAMES, TakenBack, done_by

Step = list[NewFact] | TakenBack


@st.composite
def facts_of(draw: st.DrawFn, rules: CompiledProgram, *, most: int = 14) -> list[NewFact]:
    """Activities and commands, with keys whose order tells nothing of their times."""
    drawn = done_by() | _commands(rules) | _memberships()
    facts = draw(st.lists(drawn, min_size=1, max_size=most))
    return [
        replace(each, key=f"{NAMES[index * 7 % len(NAMES)]}{index}")
        for index, each in enumerate(facts)
    ]


@st.composite
def lives(draw: st.DrawFn, rules: CompiledProgram) -> list[Step]:
    """Such facts as they arrive: out of order, in batches, with repeats, and some taken back."""
    facts = draw(facts_of(rules))
    repeats = draw(st.lists(st.sampled_from(facts), max_size=2))
    steps: list[Step] = []
    rest = [*draw(st.permutations(facts)), *repeats]
    while rest:
        size = draw(st.integers(1, 5))
        steps.append(rest[:size])
        rest = rest[size:]
    for fact in draw(st.lists(st.sampled_from(facts), max_size=3, unique_by=lambda f: f.key)):
        back = TakenBack(fact.key or "", None, f"back of {fact.key}")
        steps.insert(draw(st.integers(0, len(steps))), back)
    return steps


def _memberships() -> st.SearchStrategy[NewFact]:
    """Members join one of two teams, and leave it."""

    def command(member: str, type_: CommandType, team: str, index: int) -> NewFact:
        return NewCommand(member, type_, 0, {"team": team}, occurred_at=MOMENTS[index])

    joined, left = CommandType.TEAM_JOINED, CommandType.TEAM_LEFT
    return st.builds(
        command,
        st.sampled_from(MEMBERS),
        st.sampled_from([joined, joined, left]),
        st.sampled_from(["red", "blue"]),
        st.integers(0, len(MOMENTS) - 1),
    )


_JOINED = ("quest", "quest", "club", "crew")


def _commands(rules: CompiledProgram) -> st.SearchStrategy[NewFact]:
    types = [
        CommandType.CHALLENGE_JOINED,
        CommandType.CHALLENGE_JOINED,
        CommandType.CHALLENGE_LEFT,
        CommandType.CHALLENGE_INVITED,
    ]

    def command(member: str, type_: CommandType, key: str, index: int) -> NewFact:
        at = MOMENTS[index]
        run = run_to_join(rules.challenges[key], at, rules.calendar)
        properties = {"challenge": key, "run": "" if run is None else run.key}
        return NewCommand(member, type_, 0, properties, occurred_at=at)

    return st.builds(
        command,
        st.sampled_from(MEMBERS),
        st.sampled_from(types),
        st.sampled_from(
            [key for key in ("quest", "quest", "club", "crew") if key in rules.challenges]
        ),
        st.integers(0, len(MOMENTS) - 1),
    )
