"""What only makes sense together is linked, by however many steps."""

from liftlock.model.change import Change, ChangeClass, Op, Step
from liftlock.promotion.links import linked
from liftlock.promotion.words import Words, beside


def change(
    identity: str, file: str, path: tuple[Step, ...], op: Op, value: object, *, proposed: bool = False
) -> Change:
    old, new = (None, value) if op is Op.ADD else (value, None)
    return Change(identity, "a", "p", file, "s", path, op, old, new, ChangeClass.STRUCTURE, proposed, "why", 0)


def together(*changes: Change) -> dict[str, tuple[str, ...]]:
    return {c.id: c.together for c in linked(changes)}


def test_a_new_folder_goes_with_the_entry_that_lists_it():
    found = together(
        change("entry", "p/kustomization.yaml", ("resources", (("", "web"),)), Op.ADD, "web"),
        change("one", "p/web/kustomization.yaml", (), Op.ADD, {}),
        change("two", "p/web/deploy.yaml", (), Op.ADD, {}),
        change("other", "p/else.yaml", (), Op.ADD, {}),
    )
    assert found == {"entry": ("one", "two"), "one": ("entry", "two"), "two": ("entry", "one"), "other": ()}


def test_a_block_goes_with_the_files_that_it_names_and_a_removal_with_a_removal():
    block = {"name": "web", "values": ["web.yaml"], "files": ["app.conf=conf/app.conf"]}
    found = together(
        change("block", "p/helmfile.yaml", ("releases", (("name", "web"),)), Op.ADD, block),
        change("values", "p/web.yaml", (), Op.ADD, {}),
        change("conf", "p/conf/app.conf", (), Op.ADD, "x"),
        change("gone", "p/kustomization.yaml", ("resources", (("", "old.yaml"),)), Op.REMOVE, "old.yaml"),
        change("old", "p/old.yaml", (), Op.REMOVE, {}),
    )
    assert set(found["block"]) == {"values", "conf"}
    assert found["gone"] == ("old",)


def test_an_entry_is_not_staged_without_the_file_that_it_names_nor_is_what_it_replaces():
    found = linked(
        [
            change(
                "entry", "p/kustomization.yaml", ("resources", (("", "all.yaml"),)), Op.ADD, "all.yaml", proposed=True
            ),
            change("file", "p/all.yaml", (), Op.ADD, {}),
            change("old", "p/kustomization.yaml", ("resources", (("", "x"),)), Op.REMOVE, "x", proposed=True),
            change("label", "p/kustomization.yaml", ("labels", "a"), Op.ADD, "b", proposed=True),
        ]
    )
    assert [c.id for c in found if c.proposed] == ["label"]
    assert found[0].why.endswith("p/all.yaml, which it names, is only offered, so this is")


def test_a_file_is_not_removed_while_the_entry_that_names_it_stays():
    found = linked(
        [
            change("entry", "p/kustomization.yaml", ("resources", (("", "old.yaml"),)), Op.REMOVE, "old.yaml"),
            change("file", "p/old.yaml", (), Op.REMOVE, {}, proposed=True),
        ]
    )
    assert not any(c.proposed for c in found)


def test_a_file_of_one_path_on_two_branches_knows_no_words_when_it_names_an_environment():
    words = Words(("staging",), ("prod",))
    assert beside(words, "config/staging.yaml", "config/staging.yaml") == Words((), ())
    assert beside(words, "config/all.yaml", "config/all.yaml") is words
    assert beside(words, "config/staging.yaml", "config/prod.yaml") is words
