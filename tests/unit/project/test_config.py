"""The environment is read in one place, which is strict about it and describes itself."""

from pathlib import Path

import pytest

from project.config import ConfigError, load_config, settings_table

GOOD = {
    "SECRET_KEY": "k",
    "ALLOWED_HOSTS": "a.example, b.example",
    "DATABASE_URL": "postgresql://u:p@h/n",
    "REDIS_URL": "redis://h",
    "API_ACCESS": "token",
}
README = Path(__file__).resolve().parents[3] / "README.md"


def test_defaults_are_the_safe_side():
    config = load_config(GOOD)

    assert config.debug is False
    assert config.https is True
    assert config.trusted_proxy == ""
    assert config.allowed_hosts == ("a.example", "b.example")


@pytest.mark.parametrize("variable", sorted(GOOD))
def test_what_must_be_said_has_no_default(variable):
    with pytest.raises(ConfigError, match=f"{variable} is not set"):
        load_config({**GOOD, variable: " "})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "80a"),
        ("PORT", "0"),
        ("PORT", "-1"),
        ("PORT", "65536"),
        ("WORKER_THREADS", "٣"),
        ("DEBUG", "maybe"),
        ("API_ACCESS", "open"),
        ("LOG_FORMAT", "xml"),
        ("CORS_ORIGINS", "app.example.org"),
        ("CORS_ORIGINS", "https://app.example.org/"),
        ("CORS_ORIGINS", "https://app.example.org/path"),
        ("CORS_ORIGINS", "https://a.example.org b.example.org"),
        ("THROTTLE_READ", "100"),
        ("THROTTLE_READ", "0/minute"),
        ("THROTTLE_WRITE", "10/fortnight"),
        ("TRUSTED_PROXY", "proxy.internal"),
        ("TRUSTED_PROXY", "10.0.0.0/8"),
    ],
)
def test_a_bad_value_is_named_with_its_variable(variable, value):
    with pytest.raises(ConfigError, match=f"{variable}: .*{value!r}"):
        load_config({**GOOD, variable: value})


@pytest.mark.parametrize(
    ("written", "read"), [("*", "*"), (" 10.0.0.7 ", "10.0.0.7"), ("0:0:0:0:0:0:0:1", "::1"), ("FD00::A", "fd00::a")]
)
def test_a_proxys_address_is_read_as_connections_show_it(written, read):
    assert load_config({**GOOD, "TRUSTED_PROXY": written}).trusted_proxy == read


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", "postgresql://u:hidden/word@h/n"),
        ("DATABASE_URL", "postgresql://u:hidden@h:99999/n"),
        ("REDIS_URL", "redis://:hidden/word@h/0"),
        ("REDIS_URL", "redis://:hidden\u2100@h/0"),
        ("MEDIA_S3_ENDPOINT_URL", "https://hidden:word"),
    ],
)
def test_an_address_that_cannot_be_taken_apart_is_named_and_not_shown(variable, value):
    with pytest.raises(ConfigError, match=f"{variable}: .*percent-encoded.*not shown") as raised:
        load_config({**GOOD, variable: value})
    assert "hidden" not in str(raised.value)


def test_origins_are_separated_by_commas():
    config = load_config({**GOOD, "CORS_ORIGINS": "https://app.example.org, http://localhost:3000,http://[::1]:3000"})

    assert config.cors_origins == ("https://app.example.org", "http://localhost:3000", "http://[::1]:3000")
    assert load_config(GOOD).cors_origins == ()
    assert load_config({**GOOD, "CORS_ORIGINS": "*"}).cors_origins == ("*",)


def test_a_rate_is_a_number_in_a_time():
    config = load_config({**GOOD, "THROTTLE_READ": "600/minute"})

    assert (config.throttle_read, config.throttle_write) == ((600, 60), None)


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(ConfigError, match=r"(?s)SECRET_KEY.*PORT"):
        load_config({**GOOD, "SECRET_KEY": "", "PORT": "x"})


def test_the_readme_has_the_table_of_all_variables():
    assert settings_table() in README.read_text(encoding="utf-8")
