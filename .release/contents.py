"""What every package holds: the program, its manual pages, the completions of three shells, the README."""

import dataclasses
import gzip

from release import NAME, ROOT, Refusal


@dataclasses.dataclass
class File:
    """A file of a package; its mode is said here and nowhere taken from the machine that packs."""

    path: str
    data: bytes
    mode: int = 0o644


def source(path):
    try:
        return (ROOT / path).read_bytes()
    except OSError as error:
        raise Refusal(f"{ROOT / path} cannot be read: {error.strerror}") from error


def squeezed(data):
    """gzip without name and time, as `gzip -9n` writes it."""
    return gzip.compress(data, 9, mtime=0)


def pages(folder="share/man", compressed=False):
    found = sorted((ROOT / "man").glob(f"{NAME}*.[15]"))
    if not any(path.name == f"{NAME}.1" for path in found):
        raise Refusal(f"{ROOT / 'man'} has no {NAME}.1")
    for path in found:
        data, section = source(path), path.suffix[1:]
        yield File(f"{folder}/man{section}/{path.name}{'.gz' if compressed else ''}",
                   squeezed(data) if compressed else data)


def completions(zsh="share/zsh/site-functions", folder="share"):
    yield File(f"{folder}/bash-completion/completions/{NAME}", source(f"completions/{NAME}.bash"))
    yield File(f"{zsh}/_{NAME}", source(f"completions/_{NAME}"))
    yield File(f"{folder}/fish/vendor_completions.d/{NAME}.fish", source(f"completions/{NAME}.fish"))


def licence():
    """The licence file of the repository, and a sentence where it has none: none is made up here."""
    for name in ["LICENSE", "LICENSE.md", "LICENSE.txt", "LICENCE", "COPYING"]:
        if (ROOT / name).exists():
            return source(name)
    return f"The source repository of {NAME} holds no licence file.\n".encode()


def installed(program, compressed=False, zsh="share/zsh/site-functions"):
    """As it lies under a prefix such as /usr or ~/.local."""
    return [File(f"bin/{NAME}", program, 0o755), *pages(compressed=compressed), *completions(zsh),
            File(f"share/doc/{NAME}/README.md", source("README.md")),
            File(f"share/doc/{NAME}/copyright", licence())]
