"""No secret survives, and nothing else is harmed."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from optimizationjob.jobs.redaction import LONGEST_TEXT, MASK, environment, scrub, url

HEX32 = "0123456789abcdef0123456789abcdef"
ALNUM36 = "aB3dE5fG7hI9jK1lM2nO4pQ6rS8tU0vW1xY3"
AWS_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA75\nabc+/=\n-----END RSA PRIVATE KEY-----"

# (how it stands in a text, the part that must not be read afterwards)
PLANTED = {
    "aws access key id": ("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
    "aws temporary key id": ("ASIAIOSFODNN7EXAMPLE", "IOSFODNN7"),
    "aws secret key": (f"aws_secret_access_key={AWS_SECRET}", AWS_SECRET),
    "aws secret key in json": (f'{{"SecretAccessKey": "{AWS_SECRET}"}}', AWS_SECRET),
    "aws secret key in words": (f"Secret Access Key is {AWS_SECRET}", AWS_SECRET),
    "aws session token": ("IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJHMEUCIQ==", "2VjEJr//////////wEaCXVz"),
    "hugging face": (f"hf_{ALNUM36}", ALNUM36),
    "github": (f"ghp_{ALNUM36}", ALNUM36),
    "github oauth": (f"gho_{ALNUM36}", ALNUM36),
    "github fine grained": (f"github_pat_11ABC_{ALNUM36}", ALNUM36),
    "gitlab": ("glpat-aB3dE5fG7hI9jK1lM2nO", "aB3dE5fG7hI9jK1lM2nO"),
    "slack": ("xoxb-1234567890-abcdefABCDEF", "1234567890-abcdefABCDEF"),
    "openai": (f"sk-{ALNUM36}", ALNUM36),
    "openai project": (f"sk-proj-{ALNUM36}_x-y", ALNUM36),
    "anthropic": (f"sk-ant-api03-{ALNUM36}", ALNUM36),
    "google": ("AIzaSyA1234567890abcdefghijklmnopqrstuv", "SyA1234567890"),
    "nvidia": (f"nvapi-{ALNUM36}", ALNUM36),
    "npm": (f"npm_{ALNUM36}", ALNUM36),
    "pypi": ("pypi-AgEIcHlwaS5vcmcCJDQyNjA", "IcHlwaS5vcmcCJDQyNjA"),
    "jwt": (JWT, "dozjgNryP4J3"),
    "private key": (PEM, "MIIEowIBAAKCAQEA75"),
    "private key that was cut": (PEM[:50], "MIIEowIBAA"),
    "bearer": ("Authorization: Bearer abcdefghij", "abcdefghij"),
    "bearer alone": ("bearer mF_9.B5f-4.1JqM", "mF_9.B5f-4.1JqM"),
    "basic": ("Basic YWxhZGRpbjpvcGVuc2VzYW1l", "YWxhZGRpbjpvcGVuc2VzYW1l"),
    "password": ("password=hunter2", "hunter2"),
    "password in quotes": ('Password: "correct horse battery"', "horse"),
    "password with an escaped quote": (r'{"password": "ab\"horse"}', "horse"),
    "password in escaped json": (r"{\"password\": \"hunter2\"}", "hunter2"),
    "password with a comma": ("passwd=ab,horse", "horse"),
    "password whose quote was cut": ('pwd="correct horse', "horse"),
    "token": ("token: t0psecret", "t0psecret"),
    "token in a variable": ("HF_TOKEN=t0psecret", "t0psecret"),
    "token as a flag": ("--hf-token t0psecret", "t0psecret"),
    "api key": ("api_key=t0psecret", "t0psecret"),
    "datadog key": (f"DD-API-KEY: {HEX32}", HEX32),
    "datadog key in words": (f"Datadog API key {HEX32}", HEX32),
    "presigned signature": (f"https://b.s3.amazonaws.com/k?X-Amz-Signature={HEX32}&x=1", HEX32),
    "presigned token": ("https://b.s3.amazonaws.com/k?X-Amz-Security-Token=t0psecret", "t0psecret"),
    "presigned credential": ("?X-Amz-Credential=t0psecret%2F20261101%2Fus-east-1%2Fs3%2Faws4_request&", "t0psecret"),
    "url user info": ("https://user:hunter2@git.example.com/repo.git", "hunter2"),
    "url user info with an at sign": ("postgres://user:hun@ter2@db.example.com:5432/x", "ter2"),
    "url user info with a slash": ("connect to postgres://user:pa/ss@hunt@db.example.com/x", "ss@hunt"),
    "url user info with an at sign and a slash": ("postgres://user:p@ss/hunt3r@db failed", "hunt3r"),
    "password of a database": ("DB_PASS=hunter2, PGPASS=other", "hunter2"),
    "short names of secrets": ("db_creds=hunter2x HF_PAT=abc", "hunter2x"),
    "web token by name": ("JWT=hunter2", "hunter2"),
    "vault token": ("got hvs.CAESIJ0hunter2hunter2hunter2", "CAESIJ0hunter2hunter2hunter2"),
    "grafana token": ("glsa_hunter2hunter2hunter2hunter2", "hunter2hunter2hunter2"),
    "shared access signature": ("https://a.blob.core.windows.net/c?sv=1&sig=t0psecret%3D", "t0psecret"),
    "azure connection string": (
        "DefaultEndpointsProtocol=https;AccountName=ml;AccountKey=aB3d+fG/h==;EndpointSuffix=core.windows.net",
        "aB3d+fG/h",
    ),
    "azure signature in a query": ("?sv=2022-11-02&sr=c&sig=aB3dE5fG7%2BhI9%3D&se=2026", "aB3dE5fG7%2BhI9"),
    "aws secret key alone": (f"key pair AKIDEXAMPLE {AWS_SECRET}", AWS_SECRET),
    "old aws session token": ("AQoDYXdzEJr0K7MDENGbPxRfiCYEXAMPLEKEY", "EJr0K7MDENGbPxRfiCYEXAMPLEKEY"),
    "docker config": ('{"auths":{"https://index.docker.io/v1/":{"auth":"dXNlcjpodW50ZXIy"}}}', "dXNlcjpodW50ZXIy"),
    "docker config in escaped json": (r"{\"auth\":\"dXNlcjpodW50ZXIy\"}", "dXNlcjpodW50ZXIy"),
    "docker hub": (f"dckr_pat_{ALNUM36}", ALNUM36),
    "datadog application key": (f"DD_APPLICATION_KEY={HEX32}01234567", HEX32),
    "gcp service account": (
        r'{"private_key":"-----BEGIN PRIVATE KEY-----\nMIIEvQIBADAN\n-----END PRIVATE KEY-----\n"}',
        "MIIEvQIBADAN",
    ),
    "gcp private key id": (f'"private_key_id": "{HEX32}01234567"', HEX32),
    "google oauth secret": ("GOCSPX-aB3dE5fG7hI9jK1lM2nO4pQ6", "aB3dE5fG7hI9jK1lM2nO4pQ6"),
    "gitlab token with a version": ("glpat-aB3dE5fG7hI9jK1lM2nO.01.0w1xY3aB3", "0w1xY3aB3"),
    "pgp key": ("-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQOYBF\n-----END PGP PRIVATE KEY BLOCK-----", "lQOYBF"),
    "ssh key": ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC\n-----END OPENSSH PRIVATE KEY-----", "b3BlbnNzaC"),
    "sendgrid": (f"SG.{ALNUM36[:22]}.{ALNUM36}", ALNUM36),
    "slack webhook": ("https://hooks.slack.com/services/T0ABCDEF/B0ABCDEF/aB3dE5fG7hI9", "aB3dE5fG7hI9"),
    "stripe": (f"sk_live_{ALNUM36}", ALNUM36),
    "cookie": ("Set-Cookie: session=t0psecret; Path=/", "t0psecret"),
}

ORDINARY = [
    "CapacityError: Unable to provision requested ML compute capacity. Please retry using a different instance type.",
    "ClientError: Access Denied when reading s3://my-bucket/models/llama-3-8b/ for the job task-3-quantization",
    "User: arn:aws:sts::123456789012:assumed-role/r/s is not authorized to perform: ecr:GetAuthorizationToken on it",
    "arn:aws:sagemaker:us-east-1:123456789012:optimization-job/sk-learn-quantization-of-llama-70b",
    "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/hf-AbCdEf",
    "The secret: arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/hf-AbCdEf was not found",
    "s3://my-bucket/prefix=1/user@team/model.tar.gz",
    "763104351884.dkr.ecr.us-east-1.amazonaws.com/djl-inference@sha256:" + HEX32 * 2,
    "see 123e4567-e89b-12d3-a456-426614174000 on disk-abcdef0123456789abcdef",
    "ExpiredToken: The provided token has expired. InvalidToken: malformed",
    "Basic authentication failed; bearer authentication is needed, Basic configuration/validation",
    "max_tokens: 4096, num_tokens=12 and the tokenizer: llama",
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 79.15 GiB total capacity)",
    "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "https://docs.example.com/page?lang=en#part",
    "s3://jumpstart-cache-prod-us-east-1/huggingface-llm/Llama3/instruct/artifacts/v1.0.2/Model00001of00004.safetensors",
    "Llama-3.3-70B-Instruct, mixtral-8x7B-v0.1 and TheBloke/Mistral-7B-Instruct-v0.2-AWQ on ml.p4d.24xlarge",
    "vllm at 6a11fdfbb8d6701c7ad38648aead23d8cbe6aac5 with etag 9b2cf535f27731c974343645a3985328",
    "arn:aws:ecr:us-east-1:763104351884:repository/djl-inference in 763104351884.dkr.ecr.us-east-1.amazonaws.com",
    "RequestId: K5G0ZQ8T2W3X4Y5Z, HostId: s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234=",
    "see https://registry.example.com:5000/djl@sha256:0123 and passes=3, bypass=4, path=/opt, a compass=5",
    "AuthorizationHeaderMalformed, author: platform, authentication: off and the auth server",
    "/opt/ml/model/Quantized70BInstructWeightsShard00001/x",
    "TensorParallelDegreeMustDivideNumberOfHeads",
    "",
    "\u00fc\u4e2d\U0001f600\ud800",
]


@pytest.mark.parametrize(("text", "secret"), PLANTED.values(), ids=PLANTED)
def test_a_planted_secret_does_not_survive(text, secret):
    assert secret in text
    for around in (text, f"it failed: {text}", f"[{text}] (why?)", f"a\n{text}\nb"):
        assert secret not in scrub(around)
        assert MASK in scrub(around)


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_is_left_alone(text):
    assert scrub(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "InvalidIdentityToken: No OpenIDConnect provider found in your account for https://oidc.eks.amazonaws.com/id/AB",
        "InvalidIdentityToken: Incorrect token audience",
        "IncompleteSignature: Authorization header requires 'Credential' parameter.",
        "MissingAuthenticationToken: Request is missing Authentication Token",
        "InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records.",
        'InvalidIdentityToken: "No OpenIDConnect provider found in your account". Allow it.',
        "InvalidNextToken: The token is not valid for this operation",
        "Cannot refresh credentials: MFA token required.",
        "Unable to load credentials: file not found",
        "Error loading SSO Token: Token for https://corp.example/start does not exist",
    ],
)
def test_codes_and_sentences_of_aws_are_left_alone(text):
    assert scrub(text) == text
    assert scrub(f"An error occurred ({text}) when calling") == f"An error occurred ({text}) when calling"


@pytest.mark.parametrize(
    "text",
    [
        "InvalidPassword: swordfish is wrong",
        "InvalidIdentityToken: hf-swordfish-123 is wrong",
        "InvalidIdentityToken: swordfish",
        "cannot load credentials: swordfish123 is refused",
        "password: Sword fish",
        "Invalid token=swordfish is wrong",
        'ExpiredToken: "The password: swordfish is wrong"',
    ],
)
def test_a_sentence_excuses_nothing_else(text):
    assert "swordfish" not in scrub(text)
    assert "Sword" not in scrub(text)


def test_a_label_stays_beside_its_mask():
    assert scrub("HF_TOKEN=abc, region=us-east-1") == f"HF_TOKEN={MASK}, region=us-east-1"
    assert scrub('{"api_key": "abc", "n": 1}') == f'{{"api_key": "{MASK}", "n": 1}}'
    assert scrub("a?X-Amz-Signature=abc&x=1") == f"a?X-Amz-Signature={MASK}&x=1"
    assert scrub("Authorization: Bearer abc") == f"Authorization: Bearer {MASK}"
    assert scrub("https://user:pass@host/a") == f"https://{MASK}@host/a"


prose = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
gaps = st.sampled_from([" ", "\n", "\t", ": ", " (", "='", ' "', "; ", ", ", " <"])
ends = st.sampled_from([" ", "\n", "\t", ": ", ") ", "' ", '" ', "; ", ", ", "> "])


@given(prose, gaps, st.sampled_from(sorted(PLANTED.values())), ends, prose)
def test_a_secret_in_any_text_does_not_survive(before, gap, planted, end, after):
    text, secret = planted
    scrubbed = scrub(before + gap + text + end + after)
    assert secret not in scrubbed or secret in before + after


pieces = st.sampled_from(
    [text for text, _ in PLANTED.values()]
    + ["token", "password", "=", ":", " ", "://", "@", '"', "'", "\\", "--", ",", "&", "Bearer ", "basic ", "\n", "a"]
    + ["sk-", "eyJ", ".", "-----BEGIN PRIVATE KEY-----", "API key ", MASK, "arn:aws", "?", "/"]
)


@example("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEYhf_aB3dE5fG7hI9jK1lM2nO4pQ6rS8tU0vW1xY3")
@given(st.lists(pieces | prose, max_size=12).map("".join))
def test_scrubbing_twice_is_scrubbing_once(text):
    once = scrub(text)
    assert scrub(once) == once


HOSTILE = (
    "token|token=|://|a://|--token |-|--|eyJ|eyJa.|sk-|sk-ant-|AKIA|Basic a|Bearer a|,a|a@|pypi-|api key "
    "|-----BEGIN |-----BEGIN PRIVATE KEY-----"
)


@pytest.mark.parametrize(
    "piece",
    [*HOSTILE.split("|"), "token='", 'token="', "'a", "\\"],
)
def test_a_hostile_text_is_read_to_its_end(piece):
    hostile = piece * (100_000 // len(piece))
    assert "hunter2" not in scrub(f"{hostile} password=hunter2")
    assert "hunter2" not in scrub(f"password=hunter2 {hostile}")


@pytest.mark.parametrize(
    ("given_url", "expected"),
    [
        ("s3://bucket/models/llama/", "s3://bucket/models/llama/"),
        ("s3://bucket/a@b/c=d", "s3://bucket/a@b/c=d"),
        ("https://host:8443/path", "https://host:8443/path"),
        ("https://user:pass@host/path?q=1#part", "https://host/path"),
        ("https://user:pa@ss@host/path", "https://host/path"),
        ("https://user:pa/ss@host/path", "https://host/path"),
        ("https://user:pa?ss@host/path", "https://host/path"),
        ("https://token@host", "https://host"),
        ("https://b.s3.amazonaws.com/k?X-Amz-Signature=abc", "https://b.s3.amazonaws.com/k"),
        ("http://[::1]:80/a@b", "http://[::1]:80/a@b"),
        ("http://[::1]/a@b", "http://[::1]/a@b"),
        ("1.dkr.ecr.us-east-1.amazonaws.com/djl:0.30", "1.dkr.ecr.us-east-1.amazonaws.com/djl:0.30"),
        (f"host:5000/djl@sha256:{HEX32}", f"host:5000/djl@sha256:{HEX32}"),
        (f"djl:1@sha256:{HEX32}", f"djl:1@sha256:{HEX32}"),
        ("user:pass@host/djl:1", "host/djl:1"),
        ("arn:aws:iam::123456789012:role/team@example", "arn:aws:iam::123456789012:role/team@example"),
        ("http://[broken", "http://[broken"),
        ("://", "://"),
        (f"https://hub.example.com/hf_{ALNUM36}/model", f"https://hub.example.com/{MASK}/model"),
        ("", ""),
    ],
)
def test_a_url_loses_what_may_be_secret(given_url, expected):
    assert url(given_url) == expected


@given(st.text() | st.lists(st.sampled_from(["://", "@", ":", "/", "?", "#", "[", "a", "1"])).map("".join))
def test_no_url_is_too_broken(text):
    assert url(url(text)) == url(text)
    assert "?" not in url(text)
    assert "#" not in url(text)


@given(st.dictionaries(st.text(), st.text()))
def test_hidden_values_are_never_shown(values):
    assert set(environment(values, reveal=False).values()) <= {MASK}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPTION_QUANTIZE", "awq"),
        ("OPTION_MODEL_ID", "meta-llama/Meta-Llama-3.1-70B-Instruct"),
        ("OPTION_MAX_TOKENS", "4096"),
        ("TOKENIZERS_PARALLELISM", "false"),
        ("AUTHOR", "platform team"),
        ("HF_HOME", "/opt/ml/model/additional-model-data-sources"),
        ("TENSOR_PARALLEL_DEGREE", "8"),
        ("COMPASS", "north"),
        ("MODEL", "s3://bucket/models/llama"),
    ],
)
def test_a_revealed_setting_is_shown(name, value):
    assert environment({name: value}, reveal=True) == {name: value}


NAMES = "HF_TOKEN HUGGING_FACE_HUB_TOKEN apiToken GITHUB_TOKENS DB_PASSWORD PASSWD APIKEY SSH_KEY hf.key authHeader"
MORE_NAMES = "MY_SECRET awsCredentials SESSION_COOKIE SENTRY_DSN X_SIGNATURE BASIC_AUTH DB_PASS PWD_X privateThing PAT"


@pytest.mark.parametrize("name", f"{NAMES} {MORE_NAMES}".split())
def test_a_name_that_says_secret_hides_its_value(name):
    assert environment({name: "plain words"}, reveal=True) == {name: MASK}


@pytest.mark.parametrize("value", [*(text for text, _ in PLANTED.values() if "://" not in text), HEX32, AWS_SECRET])
def test_a_revealed_value_that_looks_secret_is_hidden(value):
    assert environment({"NAME": value}, reveal=True) == {"NAME": MASK}


def test_a_revealed_url_loses_what_may_be_secret():
    assert environment({"SOURCE": "https://u:p@host/x?sig=1"}, reveal=True) == {"SOURCE": "https://host/x"}


def test_a_secret_set_as_a_name_by_mistake_is_scrubbed():
    assert environment({f"hf_{ALNUM36}": "x"}, reveal=True) == {MASK: "x"}


def test_of_a_megabyte_only_the_begin_is_looked_at():
    scrubbed = scrub("x " * 100 + "password=hunter2 " + "--a" * 500_000 + " password=hunter3")
    assert len(scrubbed) < LONGEST_TEXT + 100
    assert scrubbed.endswith("...")
    assert "hunter" not in scrubbed
    assert len(environment({"A": "a" * 1_000_000}, reveal=True)["A"]) <= LONGEST_TEXT
