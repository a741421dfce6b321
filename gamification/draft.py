"""A state as one fact is changing it: rules read and write the draft, the state stays as it was."""

from collections.abc import Callable, Mapping

from gamification.definition.compiled import (
    CompiledBadge,
    CompiledCriterion,
    CompiledProgram,
    Watcher,
)
from gamification.facts import Activity, Remains, Scalar
from gamification.lots import Hold
from gamification.metrics import Aggregation
from gamification.outcomes import (
    NOTHING,
    AttributesChanged,
    BadgeAwarded,
    ChallengeCompleted,
    LotsChanged,
    Outcome,
    PointsEarned,
    TallyChanged,
)
from gamification.quantity import SCALE
from gamification.state import (
    Account,
    AccountKey,
    AwardKey,
    Posting,
    PostingKey,
    State,
    Tally,
    TallyKey,
)
from gamification.streaks import status_at
from gamification.windows import key_at, keys_read


class Draft:
    """What judging `activity` has come to so far, on top of `state`.

    `remains` is given where the activity was taken back, wholly or in part, and points are kept.
    """

    __slots__ = (
        "_accounts",
        "_awards",
        "_state",
        "_tallies",
        "activity",
        "agenda",
        "outcomes",
        "program",
        "remains",
        "touched",
    )

    def __init__(
        self,
        program: CompiledProgram,
        state: State,
        activity: Activity,
        remains: Remains | None = None,
    ) -> None:
        self.program = program
        self.activity = activity
        self.remains = remains
        self.outcomes: list[Outcome] = []
        self.agenda = program.agenda(activity.occurred_at)
        self.touched: dict[str, CompiledBadge] = {}
        self._state = state
        self._tallies: dict[TallyKey, Tally] = {}
        self._accounts: dict[AccountKey, Account] = {}
        self._awards: set[AwardKey] = set()

    @property
    def attributes(self) -> Mapping[str, Scalar]:
        """What is known of the member at the time of the activity."""
        return self._state.attributes.get(self.activity.member, NOTHING)

    def asked(self, unit: str, ask: Callable[[Activity], int]) -> int:
        """What is asked for of a unit because of the activity: because of what is left of it, or of
        what had matured when it was taken back, whichever is more for the member."""
        if self.remains is None:
            return ask(self.activity)
        left, kept = self.remains.left, self.remains.kept.get(unit)
        amount = 0 if left is None else ask(left)
        return amount if kept is None else max(amount, ask(kept))

    def budget_used(self, budget: str) -> int:
        """How much of a budget is used, the activity's own part in it included if it had one."""
        return self._state.shared.get(budget, 0)

    def granted_before(self, posting: PostingKey) -> Posting | None:
        """What the ledger says of a posting already, where the activity is judged again."""
        return self._state.granted.get(posting)

    def tally(self, key: TallyKey) -> Tally | None:
        """The tally as it stands now."""
        return self._tallies.get(key) or self._state.tallies.get(key)

    def moved(self, key: TallyKey) -> Tally | None:
        """The tally as the activity leaves it; None where it has not moved it."""
        return self._tallies.get(key)

    def moved_metrics(self) -> set[str]:
        """The metrics of all tallies that the activity has moved."""
        return {key.metric for key in self._tallies}

    def tally_before(self, key: TallyKey) -> Tally | None:
        """The tally as it stood before the activity."""
        return self._state.tallies.get(key)

    def account(self, key: AccountKey) -> Account | None:
        """The account as it stands now."""
        return self._accounts.get(key) or self._state.accounts.get(key)

    def has_award(self, key: AwardKey) -> bool:
        return key in self._awards or key in self._state.awards

    def count(
        self, key: TallyKey, aggregation: Aggregation, amount: int, *, start: int = 0
    ) -> None:
        """Take one more amount into a tally, and note which badges that may complete."""
        before = self._tallies.get(key) or self._state.tallies.get(key)
        after = aggregation.add(before, amount, self.activity.occurred_at, start=start)
        if after is None:
            return
        self._tallies[key] = after
        self.outcomes.append(TallyChanged(key, before, after))
        watchers = self.program.watchers.get(key.metric)
        if watchers is not None:
            self._touch(watchers, after)

    def set_tally(self, key: TallyKey, before: Tally | None, after: Tally) -> None:
        """Replace a tally, and note which badges that may complete."""
        self._tallies[key] = after
        self.outcomes.append(TallyChanged(key, before, after))
        self._touch(self.program.watchers.get(key.metric, ()), after)

    def set_attributes(self, attributes: Mapping[str, Scalar]) -> None:
        self.outcomes.append(AttributesChanged(self.activity.member, attributes))

    def set_account(self, earned: PointsEarned) -> None:
        self._accounts[earned.account_key] = earned.account
        self.outcomes.append(earned)

    def add_award(self, made: BadgeAwarded | ChallengeCompleted) -> None:
        self._awards.add(made.award.key)
        self.outcomes.append(made)

    def change_lots(self, unit: str, account: Account, *, ended: tuple[Hold, ...] = ()) -> None:
        """Note what became of an account's lots where its balance stays as it is."""
        key = AccountKey(self.activity.member, unit)
        self._accounts[key] = account
        self.outcomes.append(LotsChanged(key, account, self.activity.occurred_at, ended))

    def read(self, criterion: CompiledCriterion, subject: str) -> int:
        """The number a criterion is about, at the time of the activity."""
        activity, calendar = self.activity, self.program.calendar
        if criterion.streak is not None:
            at = activity.occurred_at
            status = status_at(
                criterion.streak, activity.member, self.tally, at=at, calendar=calendar
            )
            return status.length * SCALE
        found: list[Tally] = []
        for window in keys_read(criterion.window, activity.occurred_at, calendar):
            tally = self.tally(TallyKey(activity.member, criterion.metric, window, subject))
            if tally is not None:
                found.append(tally)
        if len(found) == 1:
            return found[0].value
        return criterion.aggregation.over(found) if found else criterion.empty

    def _touch(self, watchers: tuple[Watcher, ...], after: Tally) -> None:
        for badge, least in watchers:
            if after.value >= least:
                self.touched[badge.key] = badge

    def subject_of(self, property_name: str | None) -> str | None:
        """What the activity is about: "" where nothing is asked, None where it does not say."""
        if property_name is None:
            return ""
        return subject_text(self.activity.properties.get(property_name))

    def window_of(self, criterion: CompiledCriterion) -> str | None:
        """The key of the criterion's window at the time of the activity."""
        return key_at(criterion.window, self.activity.occurred_at, self.program.calendar)


def subject_text(named: Scalar) -> str | None:
    """A property's value as the subject of a tally."""
    if named is None or isinstance(named, str):
        return named or None
    if isinstance(named, bool):
        return "true" if named else "false"
    return str(named)
