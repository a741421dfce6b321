"""The rules of the program change: the mutation behind `gamification apply`."""

from typing import Annotated

import strawberry

from gamification.definition.problems import Problem
from gamification.refusals import Refusal
from gamification.use_cases.apply_definition import apply_definition
from gql.context import Info
from gql.errors import INPUT, UserError, user_errors
from gql.inputs import input_type
from gql.permissions import WriteDefinition
from gql.programs.types import Program


@input_type(description="A definition to put in force.")
class ApplyDefinitionInput:
    definition: str = strawberry.field(
        description="The whole definition, as YAML or JSON text. Its key must be the program's."
    )
    dry_run: bool = strawberry.field(
        default=False, description="Only check it, and tell what would change."
    )
    backfill: bool = strawberry.field(
        default=False,
        description="Judge what members did in the past by the new rules as well, without "
        "announcing it. Otherwise the new rules hold from now on.",
    )


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
    program: Program | None = strawberry.field(
        description="The program with the rules in force now. Null if the definition was refused."
    )
    version: int | None = strawberry.field(
        description="The version's number. Null if the definition was refused."
    )
    added: list[str] = strawberry.field(description="What is new: paths like `badges.explorer`.")
    changed: list[str] = strawberry.field(description="What is different.")
    removed: list[str] = strawberry.field(description="What is gone.")
    warnings: list[DefinitionProblem] = strawberry.field(
        description="What its author may not have meant."
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why the definition was refused, problem by problem. Empty if it was not."
    )


@strawberry.type
class ProgramMutations:
    @strawberry.mutation(
        description="Check a definition and put it in force as the program's next version.",
        permission_classes=[WriteDefinition],
    )
    async def apply_definition(
        self, info: Info, input: Annotated[ApplyDefinitionInput, INPUT]
    ) -> ApplyDefinitionPayload:
        context = info.context
        try:
            applied = await apply_definition(
                context.store,
                input.definition,
                now=context.at,
                program_key=context.program.key,
                dry_run=input.dry_run,
                backfill=input.backfill,
            )
        except Refusal as refusal:
            return ApplyDefinitionPayload(
                program=None,
                version=None,
                added=[],
                changed=[],
                removed=[],
                warnings=[],
                user_errors=user_errors(refusal),
            )
        if applied.program is not None and not input.dry_run:
            context.programs.replace(applied.program)
            context.renew()
        return ApplyDefinitionPayload(
            program=Program.of(applied.program) if applied.program else None,
            version=applied.version,
            added=list(applied.added),
            changed=list(applied.changed),
            removed=list(applied.removed),
            warnings=[DefinitionProblem.of(each) for each in applied.warnings],
            user_errors=[],
        )
