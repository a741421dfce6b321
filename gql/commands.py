"""What the mutations have in common that record a command."""

from gamification.commands import NewCommand
from gamification.refusals import Refusal
from gql.activities.changes import Told, told_of
from gql.context import Context


async def carried_out(context: Context, command: NewCommand) -> Told:
    """Record a command, with whatever else arrives; what it changed. Raises its `Refusal`."""
    result = await context.recorder.record(context.program, command)
    context.forget()
    (told,) = await told_of(context, [result])
    if isinstance(told, Refusal):
        raise told
    return told
