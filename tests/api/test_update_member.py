"""updateMember: what the app tells about a person."""

from tests.api.world import World

UPDATE = """
mutation ($input: UpdateMemberInput!) {
  updateMember(input: $input) {
    member { externalId displayName attributes registeredAt }
    userErrors { code field }
  }
}
"""


async def test_new_members_are_registered_and_known_ones_changed(world: World) -> None:
    first = await world.ask(
        UPDATE,
        input={
            "externalId": "ann",
            "displayName": "Ann",
            "attributes": {"country": "TR", "age": 7},
        },
    )
    ann = {
        "externalId": "ann",
        "displayName": "Ann",
        "attributes": {"country": "TR", "age": 7},
        "registeredAt": "2017-08-30T12:00:00Z",
    }
    assert first == {"updateMember": {"member": ann, "userErrors": []}}
    second = await world.ask(
        UPDATE, input={"externalId": "ann", "attributes": {"age": None, "vip": True}}
    )
    ann["attributes"] = {"country": "TR", "vip": True}
    assert second == {"updateMember": {"member": ann, "userErrors": []}}


async def test_an_empty_id_is_refused(world: World) -> None:
    data = await world.ask(UPDATE, input={"externalId": ""})
    assert data == {
        "updateMember": {
            "member": None,
            "userErrors": [{"code": "INVALID_INPUT", "field": ["externalId"]}],
        }
    }
