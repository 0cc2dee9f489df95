r"""Keeps secrets out of what leaves the process: texts that quote them, URLs that carry them, environments.

Recognition goes by the published shapes of tokens and by the labels people put before a secret. It errs towards
masking. Every pattern is linear in the length of the text: a repetition is bounded, or what may follow it cannot also
be part of it, so no text makes the matching hang.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: What stands for a secret; of one length, since the length of a secret says something too.
MASK: Final = "********"
#: Characters of a text that are looked at. AWS sends 1024, and a megabyte would hold the interpreter for seconds.
LONGEST_TEXT: Final = 16_384
LONGEST_CODE: Final = 64
MOST_PASSES: Final = 5

_PRIVATE_KEY: Final = re.compile(
    # A reason is cut at 1024 characters, so a block may lack its end.
    r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?"
    r"(?:-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z)",
    re.DOTALL,
)
# A password may have a slash or an @ in it: what begins with a name and a colon, and no port, goes on to the last @.
_USER_INFO: Final = re.compile(r"""(?<=://)(?:[^\s/"'<>:@\[]{0,100}:(?!\d{1,5}/)[^\s"'<>]{0,400}@|[^\s/"'<>]+@)""")

_LABEL: Final = (
    r"(?:pass(?:word|wd|phrase)|pwd|credentials?|signature|sig(?==)|authorization|cookie"
    # Not in the ARN of a secret, and not the names of AWS's errors: `ExpiredToken: The provided token has expired`.
    r"|(?<!\d{12}:)secret|(?<!expired)(?<!invalid)token"
    r"|(?:api|app|application|access|private|secret|account|auth|encryption)[ _-]?key(?:[_-]?id)?"
    # Short words are names of secrets only where a value is set.
    r"|(?<![A-Za-z0-9])(?:pg|my)?(?:pass|pat|jwt|creds?|auth)(?==)"
    # What `docker login` writes.
    r"|(?<=[\"'])(?:auth|identitytoken)(?=\\?[\"']))"
)
_UNQUOTED: Final = (
    # A delimiter belongs to the value unless the next `name=` begins after it.
    r"""(?:[^\s"'&,;]|[&,;"'](?=\w)(?![\w.*-]{1,64}=))+"""
)
_VALUE: Final = (
    # Not a secret but the name of one, or the digest of an image.
    r"(?!arn:aws|sha256:)"
    r"""(?:(")(?:[^"\\\r\n]|\\.)+|(')(?:[^'\\\r\n]|\\.)+|(\\["'])[^"'\\\r\n]+|""" + _UNQUOTED + ")"
)
_LABELLED: Final = re.compile(
    rf"""({_LABEL}\\?["']?[ \t]{{0,3}}(?:=>|[=:]|%3D)[ \t]{{0,3}}(?:(?:bearer|basic|token)[ \t]{{1,3}})?){_VALUE}""",
    re.IGNORECASE | re.ASCII,
)
# What AWS and its library write: an error code and a sentence, or what was done with the credentials and why it failed.
_SENTENCE: Final = re.compile(r"[A-Z]?[a-z]{1,15}[ \t]+[A-Za-z']|[A-Z]{2,6}[ \t]+[a-z]|'[\w-]{1,40}' [a-z]", re.ASCII)
_CODE: Final = re.compile(
    r"(?:\b(?:Invalid|Missing|Incomplete|Expired|Malformed|Unknown|Unsupported)[A-Za-z]{0,40}(?:Token|Signature|Key)(?:Id)?"
    r"|\b(?:load|refresh|retrieve|retrieving|find|locate|assume)(?:ing)? (?:the )?credentials|\bSSO Token): \Z",
    re.ASCII,
)
_FLAG: Final = re.compile(rf"((?<!-)--[\w-]{{0,40}}{_LABEL}[ \t]{{1,3}}){_VALUE}", re.IGNORECASE | re.ASCII)

#: What may stay before the secret is group 1, where there is one.
_SHAPES: Final = (
    # A key said in words: `API key is 0123...`, `Secret Access Key wJalr...`.
    r"((?i:api|app|application|access|secret)[ _-]?(?i:key)[ \t]{1,3}(?:is[ \t]{1,3})?)[A-Za-z0-9/+]{32,}",
    r"([Bb](?i:earer)[ \t]{1,3})(?!(?i:authenti|authori|credential|realm|error|token))[\w.~+/=-]{8,}",
    # The second half of a base64 word is no plain word: `Basic authentication` stays.
    r"([Bb](?i:asic)[ \t]{1,3})(?=[A-Za-z0-9][a-z]{0,80}[A-Z0-9=])[A-Za-z0-9+/]{8,}={0,2}",
    r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16,}",  # AWS access key ids
    r"(?:FwoGZXIvYXdz|IQoJb3JpZ2lu|AQoDYXdz)[\w+/=%-]{16,}",  # AWS session tokens
    r"hf_[A-Za-z0-9]{20,}|api_org_[A-Za-z0-9]{20,}",  # Hugging Face
    r"gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}",  # GitHub
    r"gl(?:pat|dt|rt|ft|oas|cbt|ptt|soat)-[\w-]{16,}(?:\.\w+)*",  # GitLab
    r"xox[a-z]-[\w-]{8,}|xapp-[\w-]{16,}|(hooks\.slack\.com/\w{1,20}/)[\w/]{8,}",  # Slack
    # OpenAI, Anthropic and kin; the boundary spares `disk-...` and `task-...`.
    r"(?<![A-Za-z0-9])sk-(?:(?:ant|proj|svcacct|admin|or)-[\w-]{12,}|[A-Za-z0-9]{20,})",
    r"AIza[\w-]{30,}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,}",  # Google
    r"dckr_[a-z]{3}_[\w-]{20,}|SG\.[\w-]{16,}\.[\w-]{16,}|whsec_[A-Za-z0-9]{20,}",  # Docker Hub, SendGrid, Stripe
    r"eyJ[\w-]{8,}(?:\.[\w-]+)*",  # JSON web tokens
    r"hvs\.[\w-]{20,}|glsa_\w{20,}|dop_v1_[0-9a-f]{32,}",  # Vault, Grafana, DigitalOcean
    r"npm_[A-Za-z0-9]{30,}|pypi-(?:AgE[\w-]{16,}|[\w-]{40,})",  # package registries
    r"nvapi-[\w-]{20,}|dapi[0-9a-f]{32,}|[rs]k_(?:live|test)_[A-Za-z0-9]{10,}",  # NVIDIA, Databricks, Stripe
    # An AWS secret key that stands alone: 40 characters, of every sort. Last, since what is masked next to it
    # bounds it.
    (
        r"(?<![\w/+=.-])(?=[a-z0-9/+]{0,39}[A-Z])(?=[A-Z0-9/+]{0,39}[a-z])(?=[A-Za-z/+]{0,39}[0-9])"
        r"[A-Za-z0-9][A-Za-z0-9/+]{39}(?![\w/+=-])"
    ),
)

_SECRET_NAME: Final = re.compile(
    # TOKENIZERS_PARALLELISM and AUTHOR are settings; KEY, PASS and the like count as words or at the end of one.
    r"TOKEN(?!IZ)|SECRET|PASSW|PASSPHRASE|CREDENTIAL|COOKIE|SIGNATURE|PRIVATE|AUTH(?!ORS?(?![A-Z]))|KEYS?(?![A-Z])"
    r"|(?<![A-Z])(?:PASS|PWD|DSN|PAT|JWT|SAS|PIN|CERT|CREDS?)(?![A-Z])"
)
_CAMEL_STEP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SCHEME: Final = re.compile(r"[^/?#]*://")
_DIGEST: Final = re.compile(r"[a-z0-9+._-]{1,32}:[0-9a-f]{32,}", re.IGNORECASE)
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9]{32,}|[A-Za-z0-9+/]{40,}={0,2}")


def scrub(text: str) -> str:
    """Return a text with MASK in place of every part that looks like a token, key or password.

    Labels stay, so that a reader sees what was there. Ordinary prose, ARNs, S3 URIs, image digests and UUIDs pass
    unchanged, and scrubbing twice changes no more than scrubbing once. What lies beyond LONGEST_TEXT is cut off.
    """
    text = text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 3]}..."
    for _ in range(MOST_PASSES):
        before, text = text, _scrubbed(text)
        if text == before:
            break
    return text


@cache
def _shapes() -> tuple[re.Pattern[str], ...]:
    """Compile the shapes, at the first text: that takes a while, and each start of an Agent loads this."""
    return tuple(re.compile(shape, re.ASCII) for shape in _SHAPES)


def _scrubbed(text: str) -> str:
    """Mask secrets, and again: a mask may delimit a secret next to it, which is recognized only then."""
    text = _PRIVATE_KEY.sub(MASK, text)
    text = _USER_INFO.sub(f"{MASK}@", text)
    for pattern in (_LABELLED, _FLAG):
        text = pattern.sub(_masked_value, text)
    for pattern in _shapes():
        text = pattern.sub(_masked_shape if pattern.groups else MASK, text)
    return text


def without(text: str, secrets: Iterable[str]) -> str:
    """Mask known secrets, the longest of which come first, wherever they stand in a text."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text


def url(text: str) -> str:
    """Return a URL or image reference without user info, query string and fragment; never an error, however broken.

    Of a URL with a scheme what looks like a token is masked too; an ARN and a name stay as they are.
    """
    found = _SCHEME.match(text)
    scheme = found[0] if found else ""
    rest = text.removeprefix(scheme)
    bare = scheme.rpartition("@")[2] + re.split(r"[?#]", _without_user_info(rest, bare=not scheme), maxsplit=1)[0]
    return scrub(bare) if scheme else bare


def environment(values: Mapping[str, str], *, reveal: bool) -> dict[str, str]:
    """Return environment variables fit to be shown.

    Args:
        values: Names and values, as free as users write them.
        reveal: Whether the user wants to see values. Even then a value is masked whole if its name says that it is
            secret, if any part of it looks like a token, or if it is one long run of letters and digits. Else every
            value is masked.

    Returns:
        The same names, scrubbed, since a name may be a secret by mistake.
    """
    return {scrub(name): _revealed(name, value[:LONGEST_TEXT]) if reveal else MASK for name, value in values.items()}


def _masked_shape(found: re.Match[str]) -> str:
    return f"{found[1] or ''}{MASK}"


def _masked_value(found: re.Match[str]) -> str:
    text, begin = found.string, found.start(1) + found[1].find(":") + 2
    is_quoted = text.startswith('"', begin)
    if _SENTENCE.match(text, begin + is_quoted) and _CODE.search(text[max(0, begin - LONGEST_CODE) : begin]):
        # A quoted sentence is matched whole, and may hold secrets itself.
        quote = found[0][len(found[1]) :]
        return f"{found[1]}{_LABELLED.sub(_masked_value, quote)}" if is_quoted else found[0]
    return f"{found[1]}{found[2] or found[3] or found[4] or ''}{MASK}"


def _without_user_info(rest: str, *, bare: bool) -> str:
    """Remove user info before the host; `bare` text has no scheme, so `name@sha256:...` may be an image."""
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    user, at, after = host.rpartition("@")
    if bare:
        return after + rest[len(host) :] if ":" in user and not _DIGEST.match(after) else rest
    rest = rest[len(user + at) :]
    # A password with a slash, `user:pa/ss@host`, ends the host too early: what follows the colon is then no port.
    _, colon, port = after.rpartition(":")
    odd_port = colon and not port.isdigit() and not after.endswith("]")
    return rest.rpartition("@")[2] if odd_port else rest


def _revealed(name: str, value: str) -> str:
    words = _CAMEL_STEP.sub("_", name).upper()
    if value.isdigit():
        words = words.replace("TOKENS", "")  # MAX_TOKENS=4096 is a limit
    plain = url(value) if "://" in value and len(value.split()) == 1 else value
    bare_key = _BARE_KEY.fullmatch(value) and re.search("[0-9]", value) and re.search("[A-Za-z]", value)
    if _SECRET_NAME.search(words) or bare_key or scrub(plain) != plain:
        return MASK
    return plain
