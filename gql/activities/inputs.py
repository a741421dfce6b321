"""What senders of activity fill in."""

from datetime import datetime

import strawberry

from gamification.facts import NewActivity
from gql.inputs import input_type
from gql.scalars import DecimalText, Properties


@input_type(description="Something a member did.")
class RecordActivityInput:
    member: str = strawberry.field(
        description="The app's own id of the person, who is registered if new."
    )
    type: str = strawberry.field(description="One of `Program.activityTypes`.")
    value: DecimalText | None = strawberry.field(
        default=None, description="How much: an amount, a distance. 1, if left out."
    )
    properties: Properties | None = strawberry.field(
        default=None, description="What the activity's type asks for."
    )
    occurred_at: datetime | None = strawberry.field(
        default=None,
        description="When it was done: now, if left out; at most five minutes ahead.",
    )
    key: str | None = strawberry.field(
        default=None,
        description="Your name for it, unique in the program. Sending the same again under the "
        "same key changes nothing: retries are safe.",
    )
    source: str | None = strawberry.field(
        default=None,
        description="The business object behind it, such as `order:1234`: all that came from it "
        "can be retracted together.",
    )

    def to_core(self) -> NewActivity:
        return NewActivity(
            member=self.member,
            type=self.type,
            value=self.value,
            properties=self.properties or {},
            occurred_at=self.occurred_at,
            key=self.key,
            source=self.source,
        )


@input_type(description="Several things that members did.")
class RecordActivitiesInput:
    activities: list[RecordActivityInput] = strawberry.field(
        description="At most 1,000. They may be in any order, of any members."
    )


@input_type(description="What to take back: name an activity, or a source.")
class RetractActivityInput:
    activity_key: str | None = strawberry.field(
        default=None,
        description="The key of the activity. It may be one that has not arrived yet.",
    )
    source: str | None = strawberry.field(
        default=None, description="Take back all that came from this source."
    )
    amount: DecimalText | None = strawberry.field(
        default=None, description="How much of the value. All of it, if left out."
    )
    reason: str = strawberry.field(default="", description="Why. It is kept with the retraction.")
    key: str | None = strawberry.field(
        default=None, description="Your name for the retraction, which makes retries safe."
    )
