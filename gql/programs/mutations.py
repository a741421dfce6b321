"""The rules of the program change: the mutations behind `gamification apply` and `rollback`."""

from enum import Enum
from typing import Annotated, Self

import strawberry

from gamification.definition.document import Definition
from gamification.definition.problems import Problem
from gamification.refusals import Refusal
from gamification.use_cases import apply_definition as core
from gamification.use_cases.roll_back_definition import roll_back_definition
from gql.context import Context, Info
from gql.errors import INPUT, UserError, refusals_as, user_errors
from gql.inputs import input_type
from gql.permissions import WriteDefinition
from gql.programs.previews import DefinitionPreview, bounded_preview
from gql.programs.types import Program


@strawberry.enum(description="What becomes of the past when new rules come into force.")
class Backfill(Enum):
    NONE = strawberry.enum_value(
        "NONE", description="It stays: the new rules judge what occurs from now on."
    )
    SILENT = strawberry.enum_value(
        "SILENT",
        description="All that members ever did is judged by the new rules, and nobody is told. "
        "Large programs need more time than an answer has: use `gamification apply` for them.",
    )
    NOTIFY = strawberry.enum_value(
        "NOTIFY", description="As `SILENT`; the awards that it makes or takes are announced."
    )


_BACKFILL = "Whether the past is judged by these rules too."
_DRY_RUN = "Only check it, and tell what would change."


@input_type(description="A definition to put in force.")
class ApplyDefinitionInput:
    definition: str = strawberry.field(
        description="The whole definition, as YAML or JSON text. Its key must be the program's."
    )
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)
    backfill: Backfill = strawberry.field(default=Backfill.NONE, description=_BACKFILL)


@input_type(description="An earlier version to put in force again.")
class RollBackDefinitionInput:
    version: int = strawberry.field(description="Its number.")
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)
    backfill: Backfill = strawberry.field(default=Backfill.NONE, description=_BACKFILL)


@strawberry.type(description="Something about a definition that its author should know.")
class DefinitionProblem:
    path: str = strawberry.field(description="Where it stands: `badges.regular.levels`.")
    message: str = strawberry.field(description="What is the matter.")
    fix: str = strawberry.field(description="What to do about it.")

    @classmethod
    def of(cls, problem: Problem) -> "DefinitionProblem":
        return cls(path=problem.path, message=problem.message, fix=problem.fix)


@strawberry.type(description="What became of a definition.")
class ApplyDefinitionPayload:
    previewed: strawberry.Private[Definition | None]
    program: Program | None = strawberry.field(
        description="The program with the rules in force now. Null if the definition was refused."
    )
    version: int | None = strawberry.field(
        description="The number of the version in force now. Null if the definition was refused."
    )
    added: list[str] = strawberry.field(description="What is new: paths like `badges.explorer`.")
    changed: list[str] = strawberry.field(description="What is different.")
    removed: list[str] = strawberry.field(description="What is gone.")
    warnings: list[DefinitionProblem] = strawberry.field(
        description="What its author may not have meant."
    )
    unjudged: list[str] = strawberry.field(
        description="The external ids of the members whose numbers the rules would take out of the "
        "range that is counted in. A backfill leaves them as they were, and judges all others."
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why the definition was refused, problem by problem. Empty if it was not."
    )

    @strawberry.field(
        description="Who would gain and lose what. Null unless it is a dry run of rules that "
        "are not in force yet."
    )
    async def preview(self, info: Info) -> DefinitionPreview | None:
        if self.previewed is None or self.program is None:
            return None
        return await bounded_preview(
            info.context.store, self.program.value, self.previewed, now=info.context.at
        )

    @classmethod
    def of(cls, applied: core.Applied, *, is_dry_run: bool) -> Self:
        return cls(
            previewed=applied.definition if is_dry_run and not applied.is_same else None,
            program=Program.of(applied.program) if applied.program else None,
            version=applied.version,
            added=list(applied.added),
            changed=list(applied.changed),
            removed=list(applied.removed),
            warnings=[DefinitionProblem.of(each) for each in applied.warnings],
            unjudged=list(applied.unjudged),
            user_errors=[],
        )

    @classmethod
    def refused(cls, refusal: Refusal) -> Self:
        return cls(
            previewed=None,
            program=None,
            version=None,
            added=[],
            changed=[],
            removed=[],
            warnings=[],
            unjudged=[],
            user_errors=user_errors(refusal),
        )


@strawberry.type(description="What became of the way back to an earlier version.")
class RollBackDefinitionPayload(ApplyDefinitionPayload):
    pass


@strawberry.type
class ProgramMutations:
    @strawberry.mutation(
        description="Check a definition and put it in force as the program's next version.",
        permission_classes=[WriteDefinition],
    )
    @refusals_as(ApplyDefinitionPayload.refused)
    async def apply_definition(
        self, info: Info, input: Annotated[ApplyDefinitionInput, INPUT]
    ) -> ApplyDefinitionPayload:
        context = info.context
        applied = await core.apply_definition(
            context.store,
            input.definition,
            now=context.at,
            program_key=context.program.key,
            dry_run=input.dry_run,
            backfill=core.Backfill[input.backfill.name],
            bus=context.hub,
        )
        await _take_over(context, applied, is_dry_run=input.dry_run)
        return ApplyDefinitionPayload.of(applied, is_dry_run=input.dry_run)

    @strawberry.mutation(
        description="Put the definition of an earlier version in force again, as the program's "
        "next version. The versions between stay in its history.",
        permission_classes=[WriteDefinition],
    )
    @refusals_as(RollBackDefinitionPayload.refused)
    async def roll_back_definition(
        self, info: Info, input: Annotated[RollBackDefinitionInput, INPUT]
    ) -> RollBackDefinitionPayload:
        context = info.context
        applied = await roll_back_definition(
            context.store,
            context.program.key,
            input.version,
            now=context.at,
            dry_run=input.dry_run,
            backfill=core.Backfill[input.backfill.name],
            bus=context.hub,
        )
        await _take_over(context, applied, is_dry_run=input.dry_run)
        return RollBackDefinitionPayload.of(applied, is_dry_run=input.dry_run)


async def _take_over(context: Context, applied: core.Applied, *, is_dry_run: bool) -> None:
    """From now on every process judges by what was applied."""
    if applied.program is not None and not is_dry_run:
        await context.programs.replace(applied.program)
        context.renew()
