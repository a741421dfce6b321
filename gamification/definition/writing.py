"""A definition as YAML, as its author would write it: without this versions could not be read."""

from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, cast

import yaml

from gamification.definition.document import Definition
from gamification.definition.reading import RESOLVERS

LINE_LENGTH_MAX = 100


class _Dumper(yaml.SafeDumper):
    """Writes plain words as they are read here, so that `on` needs no quotes."""

    def ignore_aliases(self, data: Any) -> bool:
        """A definition may say something twice; an alias would be refused when it is read."""
        return True


def _number(dumper: yaml.SafeDumper, number: Decimal) -> yaml.Node:
    if number == number.to_integral_value():
        return dumper.represent_int(int(number))
    return cast(Any, dumper).represent_scalar("tag:yaml.org,2002:float", f"{number:f}")


def _day(dumper: yaml.SafeDumper, day: date) -> yaml.Node:
    return dumper.represent_str(day.isoformat())


def _word(dumper: yaml.SafeDumper, word: Enum) -> yaml.Node:
    return dumper.represent_str(word.value)


_Dumper.yaml_implicit_resolvers = RESOLVERS
_Dumper.add_representer(Decimal, _number)
_Dumper.add_representer(date, _day)
_Dumper.add_multi_representer(Enum, _word)


def written(definition: Definition) -> str:
    """YAML that `read_definition` reads back as an equal definition; defaults are left out."""
    document = definition.model_dump(exclude_defaults=True)
    return yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=LINE_LENGTH_MAX
    )
