"""Attributes of members: what the app tells of them, kept so that rules can ask what held when."""

from gamification.draft import Draft
from gamification.facts import Activity
from gamification.metrics import TOTAL
from gamification.quantity import SCALE
from gamification.state import ATTRIBUTE_CHANGES, TallyKey


def changes_of(command: Activity) -> TallyKey:
    """The tally that counts a member's changes; its time tells when the latest was."""
    return TallyKey(command.member, ATTRIBUTE_CHANGES, "", "")


def change(draft: Draft) -> None:
    """Let the member have these attributes from now on; null takes one away."""
    told = {**draft.attributes, **draft.activity.properties}
    draft.set_attributes({name: value for name, value in told.items() if value is not None})
    draft.count(changes_of(draft.activity), TOTAL, SCALE)
