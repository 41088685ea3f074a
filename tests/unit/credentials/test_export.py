import stat
from pathlib import Path

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.credentials import export
from ansible_collections.landfall.eks.plugins.module_utils.credentials.export import ExportError, Target

NO_KEY = "age1nobody"


def no_vault(path: str) -> export.Encrypt:
    raise ExportError(f"no password in {path}")


def problems(sharing: tuple[str, ...] = (), **settings: str) -> list[str]:
    return export.judge(Target(**{"file": "", **settings}), no_vault, list(sharing))[1]


def test_screen_and_plain_file_are_fine(tmp_path: Path) -> None:
    assert problems(ca_file=f"{tmp_path}/new/folder/ca.crt") == []
    encrypt, found = export.judge(Target(f"{tmp_path}/all.yml", f"{tmp_path}/ca.crt"), no_vault, ["one"])
    assert found == []
    assert encrypt(b"text") == b"text"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"age_recipient": NO_KEY, "vault_password_file": "p", "file": "{folder}/f"}, "are both set"),
        ({"age_recipient": NO_KEY}, "credentials_age_recipient encrypts a file: write its path into credentials_file"),
        ({"vault_password_file": "p"}, "credentials_vault_password_file encrypts a file"),
        ({"vault_password_file": "p", "file": "{folder}/f"}, "no password in p"),
        ({"file": "{folder}"}, "credentials_file is the folder"),
        ({"file": "{folder}/missing/f"}, "is no folder: make it, or write another path"),
        ({"file": "{folder}/plain/f"}, "is no folder"),
        ({"file": "/proc/landfall"}, "where nothing can be written"),
        ({"ca_file": "{folder}/plain/ca.crt"}, "credentials_ca_file is"),
        ({"ca_file": "{folder}"}, "credentials_ca_file is the folder"),
        ({"ca_file": "/proc/landfall/ca.crt"}, "credentials_ca_file is /proc/landfall/ca.crt, where nothing can be"),
        ({"file": "{folder}/x", "ca_file": "{folder}/x"}, "are both"),
    ],
)
def test_refuses_in_one_sentence_and_writes_nothing(tmp_path: Path, settings: dict[str, str], sentence: str) -> None:
    (tmp_path / "plain").write_text("kept")
    settings = {"ca_file": "{folder}/ca.crt"} | settings
    found = problems(**{name: value.replace("{folder}", str(tmp_path)) for name, value in settings.items()})
    assert any(sentence in each for each in found), found
    assert all("\n" not in each for each in found)
    assert [each.name for each in tmp_path.iterdir()] == ["plain"]


def test_refuses_one_file_for_several_clusters(tmp_path: Path) -> None:
    (sentence,) = problems(("east", "west"), file=f"{tmp_path}/f", ca_file=f"{tmp_path}/ca.crt")
    assert "for each of the clusters east, west: write {{ inventory_hostname }} into it" in sentence


def test_age_without_its_library_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "pyrage", None)
    with pytest.raises(ExportError, match="needs the Python package pyrage"):
        export.age_encryption(NO_KEY)


def test_age_encrypts_for_its_recipient_alone() -> None:
    pyrage = pytest.importorskip("pyrage")
    reader, somebody = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    encrypted = export.age_encryption(f" {reader.to_public()}\n")(b"password: x")
    assert encrypted.startswith(b"-----BEGIN AGE ENCRYPTED FILE-----")
    assert pyrage.decrypt(encrypted, [reader]) == b"password: x"
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(encrypted, [somebody])


@pytest.mark.parametrize("recipient", [NO_KEY, "ssh-ed25519 nothing", "somebody@example.org"])
def test_bad_recipient_is_refused(recipient: str) -> None:
    pytest.importorskip("pyrage")
    with pytest.raises(ExportError, match=f"credentials_age_recipient is '{recipient}': write the public key"):
        export.age_encryption(recipient)


def test_private_key_as_recipient_is_not_repeated() -> None:
    pyrage = pytest.importorskip("pyrage")
    private = str(pyrage.x25519.Identity.generate())
    with pytest.raises(ExportError, match="is a private key, which must stay secret") as caught:
        export.age_encryption(private)
    assert private not in str(caught.value)


def test_files_are_private_and_written_once(tmp_path: Path) -> None:
    file = tmp_path / "all.yml"
    file.write_text("old, and for all to read")
    file.chmod(0o644)
    assert export.write(file, b"new")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not export.write(file, b"new")
    file.chmod(0o640)
    assert export.write(file, b"new")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    other, link = tmp_path / "other", tmp_path / "link"
    other.write_text("of somebody else")
    link.symlink_to(other)
    assert export.write(link, b"new")
    assert other.read_text() == "of somebody else"
    assert not link.is_symlink()


def test_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "all.yml"
    file.write_text("old")

    def refuse(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="No space left"):
        export.write(file, b"new")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]
