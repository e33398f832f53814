"""Messages go to a webhook and to a mail server by apprise, and no secret goes into a sentence."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC

import pytest

from algo_service.errors import NotifyError
from algo_service.notify.digest import Message
from algo_service.notify.notice import Notice
from algo_service.notify.pacing import Pacing
from algo_service.notify.receiver import Receiver
from algo_service.notify.target import Target
from algo_service.notify.urls import read_urls
from tests.support.processes import eventually, free_port
from tests.support.receivers import PATH, MailServer, Webhook

MESSAGE = Message("Tickwire: 1 order", "10:00:00  random: a < b & <i>c</i> *d* _e_\nsecond", True)


def test_a_webhook_gets_title_text_and_urgency(webhook: Webhook) -> None:
    target = Target(1, webhook.url)
    assert target.send(MESSAGE) is None
    (got,) = webhook.messages
    assert (got["title"], got["message"], got["type"]) == (MESSAGE.title, MESSAGE.body, "warning")
    assert target.send(MESSAGE._replace(is_urgent=False)) is None
    assert webhook.messages[-1]["type"] == "info"


def test_a_mail_has_the_title_as_its_subject_and_each_line_as_it_is(
    mail_server: MailServer,
) -> None:
    assert Target(1, mail_server.url).send(MESSAGE) is None
    (mail,) = mail_server.mails
    assert mail["Subject"] == MESSAGE.title
    assert mail["To"] == "ann@example.com"
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines()[:2] == MESSAGE.body.splitlines()


@pytest.mark.parametrize(
    "url",
    [
        f"json://user:passw0rd@127.0.0.1:1/{PATH}?+X-Token=t0kenvalue",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general",
        "tgram://123456789:abcdefg_hijklmnop/12315544/",
        f"mailto://user:p%40ss%2Fw0rd@127.0.0.1:{free_port()}"
        "?mode=insecure&from=tickwire@example.com&to=ann@example.com",
    ],
)
def test_why_a_message_is_not_taken_is_said_without_a_part_of_the_url(
    url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")  # nothing leaves this machine
    target = Target(3, url)
    reason = target.send(MESSAGE)
    assert target.name == f"receiver 3 ({url.partition(':')[0]})"
    assert reason
    for secret in (
        "passw0rd", "s3cret", "t0ken", "T1JJ3", "A1BR", "TIia", "123456789", "hijk", "12315544",
        "p@ss", "p%40ss", "ann@",
    ):  # fmt: skip
        assert secret not in reason
        assert secret not in target.name


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (
            "jsno://host/secret",
            r"^receiver 2 \(jsno\): there is no receiver .* did you mean json://\?$",
        ),
        ("zzqx://host/secret", r"^receiver 2 \(zzqx\): .*; https://appriseit.com/services/ has"),
        ("secret", "^receiver 2 is not a URL: expected one such as json://host/path"),
        ("tgram://secret/", r"^receiver 2 \(tgram\) has no valid URL: "),
        ("mailto://secret@", r"^receiver 2 \(mailto\) has no valid URL: "),
    ],
)
def test_a_url_that_is_none_is_refused_without_its_secrets(url: str, sentence: str) -> None:
    with pytest.raises(NotifyError, match=sentence) as refused:
        Target(2, url)
    assert "secret" not in str(refused.value)


def test_the_urls_of_a_file_come_after_those_that_are_given(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    file = tmp_path_factory.mktemp("to") / "receivers"
    file.write_text("# by night\n\n  json://two/  \njson://three/\n")
    assert read_urls(["json://one/"], str(file)) == ["json://one/", "json://two/", "json://three/"]
    file.write_text("#\n")
    with pytest.raises(
        NotifyError, match=r"^there is nobody to notify: --to-file .* holds no URL$"
    ):
        read_urls([], str(file))
    with pytest.raises(NotifyError, match=r"and at most 32$"):
        read_urls(["json://one/"] * 33, None)


@pytest.fixture
def _in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("algo_service.notify.pacing.FIRST_DELAY", 0.05)
    monkeypatch.setattr("algo_service.notify.pacing.URGENT_PAUSE", 0.2)


def ended(receiver: Receiver) -> bool:
    """End it; return whether it has sent all."""
    receiver.end()
    return receiver.has_sent_all(10)


def told(text: str, *, urgent: bool = False) -> Notice:
    return Notice("halts" if urgent else "orders", text, 0.0, urgent)


@pytest.mark.usefixtures("_in_haste")
def test_a_receiver_that_is_broken_keeps_its_lines_and_the_others_get_theirs(
    webhook: Webhook, mail_server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "algo_service")
    webhook.status = 500
    targets = [Target(1, webhook.url), Target(2, mail_server.url)]
    receivers = [Receiver(target, Pacing(0, None), UTC) for target in targets]
    for receiver in receivers:
        receiver.offer(told("first"))
        receiver.start()
    eventually(lambda: mail_server.mails and webhook.refused, "both attempts")
    broken, well = receivers
    eventually(lambda: broken.trouble, "the reason")
    assert well.trouble is None
    assert broken.trouble is not None
    assert broken.trouble.startswith("receiver 1 (json) takes no message: ")
    broken.offer(told("second"))
    webhook.status = 200
    assert webhook.wait_for("second")
    assert webhook.lines == ["first", "second"]
    eventually(lambda: broken.trouble is None, "the end of the trouble")
    assert well.delivered == 1
    assert broken.delivered in (1, 2)  # the first line by itself, where it was tried in between
    assert broken.failed == webhook.refused
    for receiver in receivers:
        assert ended(receiver)
    said = [record.getMessage() for record in caplog.records]
    assert len([text for text in said if text.endswith("; it is tried again")]) == 1
    assert "receiver 1 (json) takes messages again" in said
    assert not any("s3cret" in text for text in said)


@pytest.mark.usefixtures("_in_haste")
def test_what_gathers_in_the_pause_is_one_message_and_what_is_urgent_brings_it_along(
    webhook: Webhook,
) -> None:
    receiver = Receiver(Target(1, webhook.url), Pacing(3600, None), UTC)
    receiver.start()
    receiver.offer(told("first"))
    webhook.wait_for("first")
    for number in range(30):
        receiver.offer(told(f"order {number}"))
    receiver.offer(told("halted", urgent=True))
    webhook.wait_for("halted")
    assert [message["title"] for message in webhook.messages] == [
        "Tickwire: 1 order",
        "Tickwire: 30 orders, 1 halt",
    ]
    assert "and 10 orders more" in webhook.lines
    assert receiver.left_out == {"orders": 10}
    assert ended(receiver)


def test_the_end_sends_what_may_be_sent_and_tells_that_something_is_left(webhook: Webhook) -> None:
    make: Callable[[], Receiver] = lambda: Receiver(  # noqa: E731
        Target(1, webhook.url), Pacing(3600, None), UTC
    )
    receiver = make()
    receiver.offer(told("only one"))
    receiver.start()
    assert ended(receiver)
    assert webhook.lines == ["only one"]
    receiver = make()
    receiver.start()
    receiver.offer(told("another"))
    webhook.wait_for("another")
    receiver.offer(told("too soon"))
    assert not ended(receiver)


def test_the_end_does_not_wait_for_one_receiver_after_the_other(
    webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()
    hangs: Callable[..., None] = lambda *_of: over.wait() and None  # noqa: E731
    monkeypatch.setattr(Target, "send", hangs)
    receivers = [Receiver(Target(number, webhook.url), Pacing(0, None), UTC) for number in (1, 2)]
    for receiver in receivers:
        receiver.offer(told("first"))
        receiver.start()
    for receiver in receivers:
        receiver.end()
    assert not any(receiver.has_sent_all(-1) for receiver in receivers)
    over.set()
    assert all(receiver.has_sent_all(10) for receiver in receivers)


def test_one_that_was_never_started_ends_as_well(webhook: Webhook) -> None:
    assert ended(Receiver(Target(1, webhook.url), Pacing(0, None), UTC))
