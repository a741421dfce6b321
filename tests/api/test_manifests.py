"""Manifests of trusted documents: the forms there are, and every fault told at once."""

from hashlib import sha256

import orjson
import pytest

from gql.manifests import ManifestRefused, TrustedDocument, documents_in
from gql.schema import schema

KEY = "query Key { program { key } }"
VISIT = 'mutation Visit { recordActivity(input: {member: "ann", type: "visit"}) { replayed } }'
FEED = "subscription Feed { feedUpdated { resync } }"
FORMS = "It must be what Apollo's, Relay's or GraphQL Code Generator's tools write."
FORMAT = "The manifest's `format` must be 'apollo-persisted-query-manifest' and its `version` 1."
EMPTY = "The manifest has no documents, so nothing could be asked."


def digest_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def operation(text: str, **more: object) -> dict[str, object]:
    """An operation as Apollo's tools write it."""
    kind, name = text.split()[:2]
    return {"id": digest_of(text), "name": name, "type": kind, "body": text, **more}


def apollo(*operations: object, **more: object) -> dict[str, object]:
    """A manifest as Apollo's tools write it."""
    form = "apollo-persisted-query-manifest"
    return {"format": form, "version": 1, "operations": operations, **more}


def read(manifest: object) -> tuple[TrustedDocument, ...]:
    return documents_in(orjson.dumps(manifest), schema)


def faults_of(manifest: bytes) -> list[str]:
    with pytest.raises(ManifestRefused) as refused:
        documents_in(manifest, schema)
    return list(refused.value.faults)


def test_what_apollo_writes_is_read() -> None:
    found = read(apollo(operation(KEY, clientName="web"), operation(VISIT), operation(FEED)))
    assert found == (
        TrustedDocument(digest_of(KEY), KEY, "Key", "query"),
        TrustedDocument(digest_of(VISIT), VISIT, "Visit", "mutation"),
        TrustedDocument(digest_of(FEED), FEED, "Feed", "subscription"),
    )


def test_what_relay_and_the_code_generator_write_is_read() -> None:
    found = read({"0f3a": KEY, f"sha256:{digest_of(FEED)}": FEED})
    assert found == (
        TrustedDocument("0f3a", KEY),
        TrustedDocument(f"sha256:{digest_of(FEED)}", FEED),
    )
    assert found[0].names == ("0f3a", digest_of(KEY), f"sha256:{digest_of(KEY)}")


@pytest.mark.parametrize(
    ("manifest", "faults"),
    [
        ([], [f"The manifest is no JSON object. {FORMS}"]),
        (None, [f"The manifest is no JSON object. {FORMS}"]),
        ({}, [EMPTY]),
        (apollo(), [EMPTY]),
        ({"operations": []}, [FORMAT]),
        (apollo(operation(KEY), version=2), [FORMAT]),
        (apollo(operation(KEY), format="x"), [FORMAT]),
        (apollo(operations={"a": KEY}), ["The manifest's `operations` must be a list."]),
    ],
)  # fmt: skip
def test_what_is_no_manifest_is_refused(manifest: object, faults: list[str]) -> None:
    assert faults_of(orjson.dumps(manifest)) == faults


@pytest.mark.parametrize("manifest", [b"", b"{", b"\xff", b'{"a": "\\ud800"}'])
def test_what_is_no_json_is_refused(manifest: bytes) -> None:
    (fault,) = faults_of(manifest)
    assert fault.startswith("The manifest is no JSON: ")
    assert fault.endswith(f" (char {fault.rpartition('(char ')[2].partition(')')[0]}). {FORMS}")


def test_every_entry_that_is_no_document_is_told() -> None:
    must = "must have an `id` and a `body`, both strings that are not empty."
    manifest = apollo(
        1, operation(KEY), {"id": "a"}, operation(FEED, id=""), operation(VISIT, body=None)
    )
    assert faults_of(orjson.dumps(manifest)) == [
        "Operation 1 is no object: it must have an `id` and a `body`.",
        f"Operation 3 {must}",
        f"Operation 4, 'Feed', {must}",
        f"Operation 5, 'Visit', {must}",
    ]
    strings = "an id and its document must be strings that are not empty."
    assert faults_of(orjson.dumps({"": KEY, "a": "", "b": None, "c": KEY})) == [
        f"'': {strings}",
        f"'a': {strings}",
        f"'b': {strings}",
    ]


TOO_LARGE = "The query is too large: {}, and {} is the most. Ask for less, or in several requests."
TOO_LONG = (
    "Syntax Error: Document contains more than 2000 tokens. Parsing aborted (line 1, column 21978)."
)


def wide(size: str, variables: str = "") -> str:
    """A page of pages: its cost is 301, and 300 more for each of that size."""
    edges = f"edges {{ node {{ badges(first: {size}) {{ edges {{ node {{ id }} }} }} }} }}"
    return f"query Wide{variables} {{ members(first: 100) {{ {edges} }} }}"


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("{", ["Syntax Error: Expected Name, found <EOF> (line 1, column 2)."]),
        (
            "query Q { nothing program { nil } }",
            ["Cannot query field 'nothing' on type 'Query' (line 1, column 11).",
             "Cannot query field 'nil' on type 'Program'. Did you mean 'id'? (line 1, column 29)."],
        ),
        ("query Q($x: Nothing!) { member(externalId: $x) { id } }",
         ["Unknown type 'Nothing'. Did you mean 'Notice' or 'String'? (line 1, column 13)."]),
        ("fragment F on Query { __typename }",
         ["it has no operation. Fragments alone cannot be asked."]),
        ("query Q {" + " a: __typename" * 51 + "}", [TOO_LARGE.format("aliases 51", 50)]),
        (wide("40"), [TOO_LARGE.format("cost 12301", 10_000)]),
        (wide("$n", "($n: Int! = 40)"), [TOO_LARGE.format("cost 12301", 10_000)]),
        ("query Q {" + " __typename" * 2_000 + "}",
         [TOO_LONG]),
    ],
)  # fmt: skip
def test_a_document_that_can_never_run_is_a_fault(text: str, faults: list[str]) -> None:
    told = faults_of(orjson.dumps({"bad": text, "good": KEY}))
    assert told == [f"'bad': {fault}" for fault in faults]


@pytest.mark.parametrize(
    "text",
    [
        wide("$n", "($n: Int!)"),
        wide("$n", "($n: Int! = 30)"),
        wide("30"),
        "query A { __typename } mutation B { __typename }",
        "{ __schema { queryType { name } } }",
    ],
)
def test_a_document_that_runs_with_some_variables_is_none(text: str) -> None:
    assert read({"x": text}) == (TrustedDocument("x", text),)


def test_what_the_manifest_says_of_a_document_must_be_true() -> None:
    both = "query A { __typename } mutation B { __typename }"
    for name, kind in (("A", "query"), ("B", "mutation"), ("B", "query")):
        assert len(read(apollo(operation(both, name=name, type=kind)))) == 1
    label = f"'C' ({digest_of(both)})"
    manifest = apollo(operation(both, name="C", type="subscription"))
    assert faults_of(orjson.dumps(manifest)) == [
        f"{label}: its text has no operation 'C'. Generate the manifest anew.",
        f"{label}: its text has no subscription. Generate the manifest anew.",
    ]


def test_an_id_leads_to_one_document() -> None:
    assert len(read(apollo(operation(KEY), operation(KEY, id="same text")))) == 2
    first = operation(KEY, id="1")
    for id in ("1", digest_of(KEY), f"sha256:{digest_of(KEY)}"):
        told = faults_of(orjson.dumps(apollo(first, operation(FEED, id=id))))
        label = f"'Feed' ({id})"
        assert told[-1] == f"{label}: '{id}' is 'Key' (1), too. Give each an id of its own."


def test_a_hash_is_that_of_the_text() -> None:
    id = f"sha256:{digest_of(KEY)}"
    (fault,) = faults_of(orjson.dumps({id: KEY + " "}))
    assert fault == (
        f"'{id}': its text has the SHA-256 {digest_of(KEY + ' ')}, which is not its id. Documents "
        "are not edited in the manifest: generate it anew."
    )


def test_all_faults_are_told_at_once() -> None:
    manifest = apollo(operation("query A { nil }"), 1, operation(KEY), operation("query B {"))
    told = faults_of(orjson.dumps(manifest))
    assert [each.partition(" ")[0] for each in told] == ["Operation", "'A'", "'B'"]
